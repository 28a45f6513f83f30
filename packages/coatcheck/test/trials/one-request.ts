import { expect } from 'vitest'
import type { LiveSession } from '../../src/core/session/session.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { SessionReader } from '../../src/migrate/format.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'
import { watched } from '../helpers/watched.ts'
import { drawing } from './drawing.ts'

/** What a request should see of its session, by the plainest of rules. */
interface Model {
  readonly values: Map<string, unknown>
  readonly flash: Map<string, unknown>
  owner: string | undefined
}

const empty = (model: Model): void => {
  model.values.clear()
  model.flash.clear()
  model.owner = undefined
}

type Step = (session: LiveSession, model: Model, key: string, n: number) => void

const STEPS: Record<string, Step> = {
  set(session, { values }, key, n) {
    session.set(key, n)
    values.set(key, n)
  },
  push(session, { values }, _, n) {
    const list = session.get('list')
    if (Array.isArray(list)) list.push(n)
    else session.set('list', [n])
    values.set('list', [...((values.get('list') as number[] | undefined) ?? []), n])
  },
  delete(session, { values }, key) {
    session.delete(key)
    values.delete(key)
  },
  update(session, { values }) {
    session.update('count', (before) => Number(before ?? 0) + 1)
    values.set('count', Number(values.get('count') ?? 0) + 1)
  },
  patch(session, { values }) {
    session.patch((data) => ({ count: Number(data.count ?? 0) + 1 }))
    values.set('count', Number(values.get('count') ?? 0) + 1)
  },
  replace(session, { values }, key, n) {
    session.replace({ [key]: n })
    values.clear()
    values.set(key, n)
  },
  leave(session, { flash }, key, n) {
    session.flash(key, n)
    flash.set(key, n)
  },
  show(session, { flash }, key) {
    expect(session.flash(key)).toBe(flash.get(key))
    flash.delete(key)
  },
  end(session, model) {
    session.restart()
    empty(model)
  },
  signOut(session, model, key) {
    const kept = model.values.get(key)
    session.signOut({ keep: [key] } as never)
    empty(model)
    if (kept !== undefined) model.values.set(key, kept)
  },
  signIn(session, model, _, n) {
    const owner = ['ada', 'bob'][n % 2] as string
    if (model.owner !== undefined && model.owner !== owner) empty(model)
    session.signIn(owner)
    model.owner = owner
  },
  regenerateId: (session) => session.regenerateId(),
  renew: (session) => session.renew(),
  begin: (session) => session.begin(),
  revisit: (session) => void session.entries(),
}

const names = Object.keys(STEPS)

const seen = (session: LiveSession) => ({
  values: Object.fromEntries(session.entries().sort(([a], [b]) => (a < b ? -1 : 1))),
  flash: Object.fromEntries(
    session
      .flashKeys()
      .toSorted()
      .map((key) => [key, session.peek(key)]),
  ),
  owner: session.owner,
})
const told = ({ values, flash, owner }: Model) => ({
  values: Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1))),
  flash: Object.fromEntries([...flash].sort(([a], [b]) => (a < b ? -1 : 1))),
  owner,
})

export interface Trial {
  readonly kind: 'stored' | 'sealed'
  /** What the visitor comes with. */
  readonly comes: 'new' | 'known' | 'elsewhere'
  /** Whether one call of the store fails in each commit, now and then. */
  readonly fails: boolean
}

export async function trial({ kind, comes, fails }: Trial, seed: number): Promise<void> {
  const draw = drawing(seed)
  const watch = watched(memoryStore())
  const old: SessionReader = {
    format: 'old',
    read: (value) => (value === 'old' ? { values: { a: 1, list: [0] }, flash: { b: 2 }, unique: 'x' } : undefined),
  }
  const adapter = adapterOf(sessionsOf({ secrets: SECRET, migrateFrom: [old], ...(kind === 'stored' && { store: watch.store }) }))
  const visit = (ticket: string | undefined) =>
    adapter.detached({ get: (name) => (name === 'cookie' && ticket !== undefined ? `${COOKIE}=${ticket}` : null) })
  const model: Model = { values: new Map(), flash: new Map(), owner: undefined }
  let ticket: string | undefined
  if (comes !== 'new') {
    for (const [key, value] of Object.entries({ a: 1, list: [0] })) model.values.set(key, value)
    model.flash.set('b', 2)
  }
  if (comes === 'elsewhere') ticket = 'old'
  if (comes === 'known') {
    const requestSession = visit(undefined)
    const session = await requestSession.open()
    session.replace({ a: 1, list: [0] })
    session.flash('b', 2)
    await requestSession.commit()
    ticket = requestSession.ticket
  }
  const requestSession = visit(ticket)
  const session = await requestSession.open()
  const history: string[] = []
  const said = () => `seed ${seed}: ${history.join(' ')}`
  watch.before = async () => {
    for (let ticks = draw(6); ticks > 0; ticks--) await Promise.resolve()
  }
  for (let at = 0, steps = 4 + draw(14); at < steps; at++) {
    if (draw(3) === 0) {
      const how = draw(4)
      if (fails && draw(3) === 0) {
        let left = draw(4)
        const when = draw(2) === 0 ? 'before' : 'after'
        history.push(`fail-${when}-${left}`)
        watch[when] = () => {
          if (left-- === 0) throw new Error('connection lost')
        }
      }
      history.push(['commit', 'commit', 'await', 'tick'][how] as string)
      if (how === 2) await (async () => requestSession.commit())().catch(() => {})
      else if (how === 3) for (let ticks = draw(20); ticks > 0; ticks--) await Promise.resolve()
      else void (async () => requestSession.commit())().catch(() => {})
      if (how === 2) watch.before = watch.after = () => {}
    } else {
      const name = names[draw(names.length)] as string
      const key = ['a', 'b', 'c'][draw(3)] as string
      history.push(`${name}(${key})`)
      STEPS[name]?.(session, model, key, at)
    }
    expect(seen(session), said()).toEqual(told(model))
  }
  await (async () => requestSession.commit())().catch(() => {})
  watch.before = watch.after = () => {}
  await requestSession.commit()
  expect(seen(session), `${said()} at the end`).toEqual(told(model))
  // What another library keeps stays there as long as nothing is written.
  const untouched = comes === 'elsewhere' && !history.some((step) => /^(end|signOut|signIn)/.test(step)) ? 'old' : undefined
  const kept = await visit(requestSession.ticket ?? untouched).open()
  expect(seen(kept), `${said()} when it is opened again`).toEqual(told(model))
}

export const TRIALS: readonly Trial[] = (['stored', 'sealed'] as const).flatMap((kind) =>
  (['new', 'known', 'elsewhere'] as const).flatMap((comes) =>
    (kind === 'stored' ? [false, true] : [false]).map((fails) => ({ kind, comes, fails })),
  ),
)
