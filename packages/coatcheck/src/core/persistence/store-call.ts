import { advised, SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'

/** What is asked of a store in requests. */
export type Asked = 'read' | 'create' | 'update' | 'delete' | 'touch'
export type Timed = Pick<Engine, 'storeTimeout' | 'trace'>

const REPORTED = 'See `cause` for what the store reported.'
const LATE = 'See whether the store can be reached, and how long its client waits; `storeTimeout` says how long is waited here.'

/** What a failed call leaves open. A read leaves nothing open. */
const aftermath = (what: string): string =>
  what.startsWith('read') ? 'Nobody was logged out.' : 'The write may or may not have been kept; nobody was logged out.'

/** The error for a call that failed. */
export function failed(what: string, cause: unknown): SessionError {
  const error =
    cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', `The store failed at "${what}".`, { cause })
  return error.code === 'STORE_FAILED' ? advised(error, `${REPORTED} ${aftermath(what)}`) : error
}

/**
 * What a store, or an application's own storage, answers within its time; everything else is `STORE_FAILED` with the cause. The name of
 * a call that only reads begins with `read`.
 */
export function callStore<T>({ storeTimeout }: Timed, what: string, run: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = () =>
      new SessionError('STORE_FAILED', `The store did not answer "${what}" within ${storeTimeout / 1000} seconds.`, {
        fix: `${LATE} ${aftermath(what)}`,
      })
    const isLimited = storeTimeout !== Number.POSITIVE_INFINITY
    const timer = isLimited ? setTimeout(() => reject(failed(what, late())), storeTimeout) : undefined
    const refuse = (cause: unknown): void => {
      clearTimeout(timer)
      reject(failed(what, cause))
    }
    const answer = (value: T): void => {
      clearTimeout(timer)
      resolve(value)
    }
    try {
      Promise.resolve(run()).then(answer, refuse)
    } catch (cause) {
      refuse(cause)
    }
  })
}
