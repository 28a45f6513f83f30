import type { LiveSession, RequestSession } from '../../core/adapter.ts'
import { besides, Originals } from '../../core/adapter.ts'
import { flashNameIn, NAMELESS, remixFlash } from '../../migrate/flash-keys.ts'
import type { Anything } from './line.ts'
import { shown } from './looks.ts'
import type { CoatcheckSession, FlashSessionData, Session, SessionData } from './types.ts'
import { behind, wasAsked } from './wrapped.ts'

type Values = Record<string, unknown>
type View = CoatcheckSession<SessionData>

/** The source of a session: that of a request, or plain values. */
const SCOPES = besides<RequestSession>()
const VIEWS = besides<View>()
const ORIGINALS = besides<Originals>()

/** The request session of a session of ours, or of one that a wrapper stands for. */
export function requestSessionOf(session: object): RequestSession | undefined {
  const known = SCOPES.get(session)
  if (known) return known
  const { id, has } = session as Partial<Session>
  const found = behind(() => [(session as Partial<Session>).id, has?.call(session, ' ')])
  return found && id !== undefined ? SCOPES.get(found) : undefined
}

/** Before a commit: what was set and is stored as its JSON, as it is now. */
export const refresh = (requestSession: RequestSession): void => ORIGINALS.get(requestSession)?.refresh()

/** The session ends: the one that goes on in its place is empty. */
export function endIn(requestSession: RequestSession): void {
  ORIGINALS.get(requestSession)?.clear()
  requestSession.afresh()
}

/** The engine's name of a key. */
const inner = (key: string): string => (key === '' ? NAMELESS : String(key))

/** The session of a request session; the same object for the same request session. */
export function viewOf(requestSession: RequestSession): View {
  const known = VIEWS.get(requestSession)
  if (known) return known
  const live = (): LiveSession => requestSession.session ?? requestSession.afresh()
  const originals = new Originals(live, requestSession.core.engine.emit)
  const flashed = (key: string): boolean => live().flashKeys().includes(key)
  const has = (name: string): boolean => {
    const key = inner(name)
    const flash = flashNameIn(key)
    return originals.has(key) || live().has(key) || flashed(key) || (flash !== undefined && flashed(flash))
  }
  const methods: Omit<View, 'id' | 'readOnly' | 'data'> = {
    has(name) {
      wasAsked(view)
      return has(name)
    },
    get(name): Anything {
      const key = inner(name)
      const flash = flashNameIn(key)
      if (originals.has(key)) return originals.get(key)
      if (live().has(key)) return live().get(key)
      return flash !== undefined && flashed(flash) ? live().peek(flash) : live().flash(key)
    },
    set(name, value) {
      const flash = flashNameIn(inner(name))
      if (flash === undefined) originals.set(inner(name), value)
      else originals.flash(flash, value)
    },
    flash: (name, value) => originals.flash(inner(name), value),
    unset(name) {
      const flash = flashNameIn(inner(name))
      if (flash === undefined) originals.set(inner(name), undefined)
      else live().flash(flash)
    },
    update: (name, change) => {
      originals.forget(inner(name))
      return live().update(inner(name), change)
    },
    regenerateId: (options) => live().regenerateId(options),
    signIn: (owner, options) => live().signIn(owner, options),
  }
  const view = shown(methods, live, originals)
  VIEWS.set(requestSession, view)
  SCOPES.set(view, requestSession)
  ORIGINALS.set(requestSession, originals)
  return view
}

/** Puts what a session without a request holds into one that has one. */
export function copyInto(requestSession: RequestSession, session: Session): void {
  const { values, flash } = remixFlash(session.data as Values)
  const view = viewOf(requestSession)
  for (const [key, value] of Object.entries(values)) view.set(key, value)
  for (const [key, value] of Object.entries(flash)) view.flash(key, value)
  const owner = OWNERS.get(session)
  if (owner !== undefined) view.signIn(owner)
}

/** The owner of a session that belongs to no request yet. */
const OWNERS = new WeakMap<object, string>()

/** A session that no request has yet, with these values; `commitSession` of any storage keeps it. */
export function createSession<Data = SessionData, FlashData = Data>(
  initialData?: Data | FlashSessionData<Data, FlashData>,
  id = '',
): CoatcheckSession<Data, FlashData> {
  const data = new Map<string, unknown>(Object.entries(initialData ?? {}))
  const flashKey = (name: string): string => `__flash_${name}__`
  const session: View = {
    id,
    readOnly: false,
    get data() {
      return Object.fromEntries(data)
    },
    has: (name) => data.has(name) || data.has(flashKey(name)),
    get(name): Anything {
      if (data.has(name)) return data.get(name)
      const value = data.get(flashKey(name))
      data.delete(flashKey(name))
      return value
    },
    set: (name, value) => void data.set(name, value),
    flash: (name, value) => void data.set(flashKey(name), value),
    unset: (name) => void data.delete(name),
    update(name, change) {
      const value = change(data.get(name))
      data.set(name, value)
      return value
    },
    // There is no old ticket yet.
    regenerateId: () => {},
    signIn: (owner) => void OWNERS.set(session, owner),
  }
  return session as unknown as CoatcheckSession<Data, FlashData>
}

export function isSession(object: unknown): object is Session {
  const { id, data, has, get, set, flash, unset } = (object ?? {}) as Partial<Session>
  const are = [has, get, set, flash, unset].every((method) => typeof method === 'function')
  return typeof id === 'string' && data !== undefined && are
}
