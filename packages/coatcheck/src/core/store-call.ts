import { SessionError } from '../errors.ts'
import type { Engine } from './engine.ts'

const LATE =
  'See whether the store can be reached, and how long its client waits; `storeTimeout` says how long is waited here. A write may or may not have been kept; nobody was logged out.'

/** What a store, or an application's own storage, answers within its time; everything else is `STORE_FAILED` with the cause. */
export async function callStore<T>(
  { storeTimeout }: Pick<Engine, 'storeTimeout'>,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    if (storeTimeout === Number.POSITIVE_INFINITY) return await run()
    const late = new Promise<never>((_, reject) => {
      const error = () =>
        new SessionError('STORE_FAILED', `The store did not answer "${what}" within ${storeTimeout / 1000} seconds.`, {
          fix: LATE,
        })
      timer = setTimeout(() => reject(error()), storeTimeout)
    })
    return await Promise.race([run(), late])
  } catch (error) {
    throw error instanceof SessionError
      ? error
      : new SessionError('STORE_FAILED', `The store failed at "${what}".`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
