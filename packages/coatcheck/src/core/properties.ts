interface Accessor<State> {
  readonly enumerable?: boolean
  get(state: State): unknown
  set?(state: State, value: never): void
}

export interface Properties<State> {
  /** Gives these properties to an object; `state`: what their getters are given. Throws a `TypeError` for an object that takes no more. */
  put<T extends object>(object: T, state: State): T
  /** What the getters of this object are given; undefined: it has no such properties. */
  of(object: object): State | undefined
}

/**
 * Properties with getters for many objects, by the same functions for all of them. V8 writes a getter into the hidden class, which it keeps until
 * the next full collection: one that knew its object would hold the whole request until then, also in an object literal
 * (docs/decisions/035-what-a-request-leaves-behind.md). Objects that inherit from one of them, and proxies of it, have the properties as well.
 */
export function propertiesOf<State>(accessors: Readonly<Record<string, Accessor<State>>>): Properties<State> {
  const place = Symbol('coatcheck')
  type Holder = { [place]?: State }
  const described = Object.entries(accessors).map(([name, { enumerable = false, get, set }]) => {
    const descriptor: PropertyDescriptor & ThisType<Holder> = {
      configurable: true,
      enumerable,
      get() {
        return get(this[place] as State)
      },
      ...(set && {
        set(value: never) {
          set(this[place] as State, value)
        },
      }),
    }
    return [name, descriptor] as const
  })
  const descriptors = Object.fromEntries(described)
  return {
    put(object, state) {
      Object.defineProperty(object, place, { value: state, configurable: true, writable: true })
      return Object.defineProperties(object, descriptors)
    },
    of: (object) => (object as Holder)[place],
  }
}
