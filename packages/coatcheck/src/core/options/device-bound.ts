/** Binds sessions to the device, where browsers can (docs/device-bound.md). */
export interface DeviceBoundOptions {
  /** Where browsers register and refresh: `<path>/register` and `<path>/refresh`, which adapters answer. Default `/.coatcheck`. */
  readonly path?: string
  /** Seconds that the bound cookie lasts. Default 300; at least 180, since browsers sign only now and then. */
  readonly maxAge?: number
  /** Seconds that the first bound cookie lasts: nothing is protected before the first refresh. Default 10. */
  readonly firstMaxAge?: number
  /** Seconds that it counts on here after its end, since clocks of servers differ. Default 60. */
  readonly grace?: number
  /** Paths, and all below them, whose requests do not wait for a refresh, such as static files. Default: none. */
  readonly exclude?: readonly string[]
  /** Hosts whose pages may make the browser refresh this site's session: `allowed_refresh_initiators`. Default: none. */
  readonly initiators?: readonly string[]
  /** Sessions with an owner that are not bound two minutes after the sign-in are `lapsed`. Default false. */
  readonly required?: boolean
}

/** For adapters that can answer a request themselves. */
export interface DeviceBoundOption {
  /** Binds sessions to the device, where browsers can: `deviceBound()` of coatcheck/device-bound. Default: none is. */
  readonly deviceBound?: DeviceBound
}

export type BoundSettings = Required<DeviceBoundOptions>

/** What `deviceBound()` of coatcheck/device-bound makes. */
export interface DeviceBound {
  readonly settings: BoundSettings
  /** Makes what the requests of one site use. Throws `BAD_OPTIONS` for sessions that cannot be bound. */
  readonly bind: (core: never) => object
}
