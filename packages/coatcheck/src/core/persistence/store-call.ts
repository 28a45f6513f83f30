import { advised, SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'

const REPORTED = 'See `cause` for what the store reported.'
const LATE = 'See whether the store can be reached, and how long its client waits; `storeTimeout` says how long is waited here.'

/** What a failure at `what` leaves open. A read leaves nothing. */
const aftermath = (what: string): string =>
  what.startsWith('read') ? 'Nobody was logged out.' : 'The write may or may not have been kept; nobody was logged out.'

/**
 * What a store, or an application's own storage, answers within its time; everything else is `STORE_FAILED` with the cause. The name of
 * a call that only reads begins with `read`.
 */
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
          fix: `${LATE} ${aftermath(what)}`,
        })
      timer = setTimeout(() => reject(error()), storeTimeout)
    })
    return await Promise.race([run(), late])
  } catch (cause) {
    const error =
      cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', `The store failed at "${what}".`, { cause })
    throw error.code === 'STORE_FAILED' ? advised(error, `${REPORTED} ${aftermath(what)}`) : error
  } finally {
    clearTimeout(timer)
  }
}
