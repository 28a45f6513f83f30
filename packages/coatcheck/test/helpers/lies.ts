import { AsyncResource } from 'node:async_hooks'

/** Runs a job in the async context of whoever came first, as real programs do without meaning to. */
export type Lie = <T>(job: () => Promise<T>) => Promise<T>

/** One worker, begun by the first job, that takes all jobs one after another. */
function queue(): Lie {
  const jobs: (() => Promise<void>)[] = []
  let wake: () => void = () => {}
  let isRunning = false
  async function work(): Promise<never> {
    for (;;) {
      const next = jobs.shift()
      if (next) await next()
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return (job) =>
    new Promise((resolve, reject) => {
      jobs.push(() => job().then(resolve, reject))
      if (isRunning) return wake()
      isRunning = true
      void work()
    })
}

/** A connection that calls back in the context of whoever opened it. */
function pool(): Lie {
  let connection: ((job: () => Promise<unknown>) => Promise<unknown>) | undefined
  return (job) => {
    connection ??= AsyncResource.bind((each: () => Promise<unknown>) => each())
    return connection(job) as ReturnType<typeof job>
  }
}

/** Something that is loaded once. Who comes before it is there waits, and all are called back by the one who began to load it. */
export function loadedOnce(): { readonly wait: Lie; load(): void } {
  const waiting: (() => void)[] = []
  const { promise, resolve: load } = Promise.withResolvers<void>()
  let isLoading = false
  return {
    load,
    wait: (job) =>
      new Promise((resolve, reject) => {
        waiting.push(() => void job().then(resolve, reject))
        if (isLoading) return
        isLoading = true
        void promise.then(() => {
          for (const each of waiting) each()
        })
      }),
  }
}

type Named = readonly [name: string, lying: () => Lie]

export const LIES: readonly [Named, Named] = [
  ['a queue that the first request began to work off', queue],
  ['a pool that calls back in the context of whoever opened it', pool],
]
