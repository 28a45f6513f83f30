import type { Maybe } from '../../crypto/maybe.ts'
import { advised, SessionError } from '../../errors.ts'
import { AT_ONCE, type Store } from '../../stores/store.ts'
import type { Engine } from '../engine.ts'

type Asked = 'read' | 'create' | 'update' | 'delete' | 'touch'
type Method<N extends Asked> = NonNullable<Store[N]>
type Run = (...args: unknown[]) => unknown
type Timed = Pick<Engine, 'storeTimeout' | 'trace'>

const REPORTED = 'See `cause` for what the store reported.'
const LATE = 'See whether the store can be reached, and how long its client waits; `storeTimeout` says how long is waited here.'

/** What a failure at `what` leaves open. A read leaves nothing. */
const aftermath = (what: string): string =>
  what.startsWith('read') ? 'Nobody was logged out.' : 'The write may or may not have been kept; nobody was logged out.'

function failed(what: string, cause: unknown): SessionError {
  const error =
    cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', `The store failed at "${what}".`, { cause })
  return error.code === 'STORE_FAILED' ? advised(error, `${REPORTED} ${aftermath(what)}`) : error
}

type Answer<N extends Asked> = Maybe<Awaited<ReturnType<Method<N>>>>

/** What a method of the store answers: at once, without a promise or a timer, where it can. */
export function askStore<N extends Asked>(engine: Timed, store: Store, name: N, ...args: Parameters<Method<N>>): Answer<N> {
  if (engine.trace) return engine.trace('store', { call: name }, () => ask(engine, store, name, args)) as Answer<N>
  return ask(engine, store, name, args)
}

function ask<N extends Asked>(engine: Timed, store: Store, name: N, args: Parameters<Method<N>>): Answer<N> {
  let answer: unknown
  try {
    const method = store[name] as Run & { readonly [AT_ONCE]?: { readonly of: unknown; readonly answer: Run } }
    const atOnce = method[AT_ONCE]
    answer = (atOnce?.of === method ? atOnce.answer : method).apply(store, args)
  } catch (cause) {
    throw failed(name, cause)
  }
  // A promise may be of another realm, or of a library.
  const waits = typeof (answer as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
  return (waits ? callStore(engine, name, () => answer as Promise<unknown>) : answer) as Answer<N>
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
