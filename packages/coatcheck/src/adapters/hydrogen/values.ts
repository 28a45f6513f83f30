import { type AdapterSessions, besides, type LiveSession, setOrReduce } from '../../core/adapter.ts'
import type { Values } from './config.ts'

const SESSIONS = besides<LiveSession>()

/** Whether `values` are those of this session itself, and no copy. */
export const areLive = (values: object, session: LiveSession): boolean => SESSIONS.get(values) === session

type Emit = AdapterSessions['core']['engine']['emit']

/** The session's values as an ordinary object; `seen` is told when they are looked at. */
export function liveValues(session: LiveSession, emit: Emit, seen: () => void): Values {
  const { data } = session
  const looked = <T>(result: () => T): T => {
    seen()
    return result()
  }
  const values = new Proxy<Values>(data, {
    get(_, key, receiver) {
      if (key === 'then') return data.then // asked of everything that a promise gives
      return looked(() => (key in data ? data[key as string] : Reflect.get(Object.prototype, key, receiver)))
    },
    set(_, key, value) {
      setOrReduce(session, emit, key as string, value)
      return true
    },
    has: (_, key) => looked(() => key in data || key in Object.prototype),
    ownKeys: () => looked(() => Reflect.ownKeys(data)),
    getOwnPropertyDescriptor: (_, key) => looked(() => Reflect.getOwnPropertyDescriptor(data, key)),
    getPrototypeOf: () => Object.prototype,
  })
  SESSIONS.set(values, session)
  return values
}

/** Of a request of Hydrogen, what is used here. */
export interface HydrogenRequestLike extends Request {
  readonly ctx?: { readonly router?: { readonly serverProps?: { readonly response?: PageLike } } }
}

/** Of the response that pages of Hydrogen are given. */
interface PageLike {
  cache?: (options?: { readonly mode: string }) => object
}

/** Keeps the page that is made for this request out of Hydrogen's full-page cache, which shows it to anybody, and out of shared ones. */
export function keepPrivate({ ctx }: HydrogenRequestLike): void {
  const page = ctx?.router?.serverProps?.response
  if (!page?.cache || Object.hasOwn(page, 'cache')) return
  const never = page.cache({ mode: 'no-store' })
  Object.assign(page, { cache: () => never }) // with `=`, the page would be kept (docs/decisions/035-what-a-request-leaves-behind.md)
}
