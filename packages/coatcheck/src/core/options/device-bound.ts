import { bad, checked, DAY, flag, kind, type Row, refuseUnknown, seconds } from './checks.ts'
import type { CheckedCookie } from './cookie.ts'

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

export type BoundSettings = Required<DeviceBoundOptions>

const texts = (form: RegExp, fix: string): Row<readonly string[]> => ({
  ordinary: [],
  check: (value) => (Array.isArray(value) && value.every((each) => form.test(String(each))) ? undefined : fix),
})

export const DEVICE_BOUND: { readonly [Name in keyof DeviceBoundOptions]-?: Row } = {
  path: {
    ordinary: '/.coatcheck',
    check: (value) =>
      /^(\/[\w.~-]+)+$/.test(String(value)) ? undefined : 'Give a path such as `/.coatcheck`, without a slash at its end.',
  },
  maxAge: seconds(300, DAY, undefined, 180),
  firstMaxAge: seconds(10, DAY, 'maxAge'),
  grace: seconds(60, DAY, undefined, 0),
  exclude: texts(/^\/[!-~]*$/, 'Give a list of paths such as `/static`.'),
  initiators: texts(/^[\w.*-]+$/, 'Give a list of hosts such as `app.example`.'),
  required: flag(false),
}

/** `isPossible`: there are secrets, and the sessions are kept by us. Throws `BAD_OPTIONS`. */
export function boundSettings(
  given: DeviceBoundOptions | undefined,
  cookie: CheckedCookie | undefined,
  isPossible: boolean,
): BoundSettings | undefined {
  if (given === undefined) return undefined
  refuseUnknown('deviceBound.', given, DEVICE_BOUND)
  const settings = checked('deviceBound.', given, DEVICE_BOUND) as BoundSettings
  const { path = '/' } = cookie?.attributes ?? {}
  if (!isPossible || !cookie)
    throw bad('deviceBound', 'needs `secrets` and a cookie', 'Set `secrets`, and leave `cookie: false` out.')
  if (settings.firstMaxAge > settings.maxAge) throw bad('deviceBound.firstMaxAge', 'is longer than `maxAge`', 'Make it shorter.')
  if (settings.path.startsWith(path)) return settings
  throw bad(
    'deviceBound.path',
    `is ${kind(settings.path)} to which cookies of ${path} are not sent`,
    'Begin it with `cookie.path`.',
  )
}
