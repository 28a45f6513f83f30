/** A place in an app where requests wait for each other while a test says so; at other times everybody goes on at once. */
export interface MeetingPoint {
  readonly name: string
  /** Waits here during `parallel` or `hold`. */
  reached(): Promise<void>
  /**
   * The same object, but calls of these methods come to the point when they have their answer, before their caller has it. The methods
   * must return a promise or take a callback as their last argument.
   */
  after<T extends object>(target: T, ...methods: readonly (keyof T & string)[]): T
  /** Stops the next who comes. */
  hold(): Held
  /** For `parallel`. */
  gather(count: number, patience: number): Gathering
}

/** One request that `hold` stops. */
export interface Held {
  /** Once the request has come. */
  readonly reached: Promise<void>
  /** Lets the request go on; and nobody else is stopped. */
  release(): void
}

export interface Gathering {
  /** One request is done. */
  ended(): void
  /** How many were at the point when it opened. */
  together(): number
}

export interface ParallelOptions {
  /** Where the requests wait until all have come. */
  readonly at: MeetingPoint
  /**
   * Milliseconds after which the point opens although some have neither come nor ended, as in an app that lets in one request at a time.
   * Default 2000. No test waits that long whose requests do overlap.
   */
  readonly patience?: number
}

export interface Overlap<T> {
  readonly answers: readonly T[]
  /** How many requests were at the point together. Fewer than `count`: the others ended before it, or the app kept them from it. */
  readonly together: number
}

type Stop = () => Promise<void> | undefined

/** A point by its name, for `after` on a store, or for `await point.reached()` in the app's own code. */
export function meetingPoint(name: string): MeetingPoint {
  let stop: Stop | undefined
  const busy = (next: Stop): void => {
    if (stop)
      throw new Error(`Somebody waits at “${name}” already: await that parallel() first, or release() what hold() stopped.`)
    stop = next
  }
  const point: MeetingPoint = {
    name,
    async reached() {
      await stop?.()
    },
    after: (target, ...methods) => stopping(target, methods, point),
    hold() {
      let come = (): void => {}
      let go = (): void => {}
      const reached = new Promise<void>((resolve) => (come = resolve))
      const released = new Promise<void>((resolve) => (go = resolve))
      let isFirst = true
      const stopFirst: Stop = () => {
        if (!isFirst) return undefined
        isFirst = false
        come()
        return released
      }
      busy(stopFirst)
      return {
        reached,
        release() {
          if (stop === stopFirst) stop = undefined
          go()
        },
      }
    },
    gather(count, patience) {
      const waiting: (() => void)[] = []
      let ended = 0
      let isOpen = false
      const open = (): void => {
        isOpen = true
        stop = undefined
        clearTimeout(timer)
        for (const go of waiting) go()
      }
      const openOnceAllCame = (): void => {
        if (!isOpen && waiting.length + ended >= count) open()
      }
      busy(
        () =>
          new Promise<void>((go) => {
            waiting.push(go)
            openOnceAllCame()
          }),
      )
      const timer = setTimeout(open, patience)
      return {
        ended() {
          ended++
          openOnceAllCame()
        },
        together: () => waiting.length,
      }
    },
  }
  return point
}

/**
 * Makes `count` requests at once, which truly overlap: each waits at the point `at` until all others have come there, or have ended. Rejects
 * when a request rejects, once all have ended, and when no request came to the point.
 */
export async function parallel<T>(
  count: number,
  request: (index: number) => Promise<T>,
  { at, patience = 2000 }: ParallelOptions,
): Promise<Overlap<T>> {
  const gathering = at.gather(count, patience)
  const make = async (index: number): Promise<T> => {
    try {
      return await request(index)
    } finally {
      gathering.ended()
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => make(index)))
  const answers = outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value
    throw outcome.reason
  })
  if (gathering.together() === 0)
    throw new Error(
      `No request came to “${at.name}”, so this shows nothing. Does the app use the object that after() returned, or call reached()?`,
    )
  return { answers, together: gathering.together() }
}

function stopping<T extends object>(target: T, methods: readonly string[], point: MeetingPoint): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object)
      if (typeof value !== 'function' || name === 'constructor') return value
      if (!methods.includes(String(name))) return (...args: unknown[]) => Reflect.apply(value, object, args)
      return (...args: unknown[]) => {
        const callback = args.at(-1)
        if (typeof callback === 'function') {
          const late = (...results: unknown[]): void =>
            void point.reached().then(() => Reflect.apply(callback, undefined, results))
          return Reflect.apply(value, object, [...args.slice(0, -1), late])
        }
        return answerOf(Reflect.apply(value, object, args), String(name), point)
      }
    },
  })
}

function answerOf(answer: unknown, method: string, point: MeetingPoint): Promise<unknown> {
  if (answer instanceof Promise || (typeof answer === 'object' && answer !== null && 'then' in answer))
    return Promise.resolve(answer).then(async (value) => {
      await point.reached()
      return value
    })
  throw new Error(
    `${method}() answered at once, so nobody can wait after it. Call \`await point.reached()\` (“${point.name}”) in your own code instead.`,
  )
}
