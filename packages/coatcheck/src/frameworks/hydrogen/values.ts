import type { FaceSessions, LiveSession } from '../../core/face.ts'
import { SessionError } from '../../errors.ts'
import type { Values } from './config.ts'

const SESSIONS = new WeakMap<object, LiveSession>()

/** Whether `values` are those of this session itself, and no copy. */
export const areLive = (values: object, session: LiveSession): boolean => SESSIONS.get(values) === session

type Emit = FaceSessions['core']['engine']['emit']

/** Sets a value; of one that the engine refuses, such as an instance of a class, the JSON that Hydrogen keeps of any. Undefined removes it. */
export function put(session: LiveSession, emit: Emit, key: string, value: unknown, kind: 'value' | 'flash' = 'value'): void {
  const [set, drop] = kind === 'value' ? [session.set, session.delete] : [session.flash, (name: string) => session.flash(name)]
  const write = (storable: unknown): unknown => (storable === undefined ? drop(key) : set(key, storable))
  try {
    write(value)
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== 'BAD_VALUE') throw error
    const json = jsonOf(value, error)
    write(json && JSON.parse(json))
    emit({ type: 'reduced', key, ...(session.handle !== undefined && { handle: session.handle }) })
  }
}

/** Throws `refusal` for what has no JSON either, such as a circle. */
function jsonOf(value: unknown, refusal: SessionError): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    throw refusal
  }
}

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
      put(session, emit, key as string, value)
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
  page.cache = () => never
}
