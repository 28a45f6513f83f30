import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { SessionReader } from '../../src/migrate/format.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'
import { watched } from '../helpers/watched.ts'
import { drawing } from './drawing.ts'

/** The session is known here or comes from another library; its store works or fails now and then. */
export const STARTS = [
  ['known', false],
  ['known', true],
  ['elsewhere', false],
  ['elsewhere', true],
] as const

/**
 * Several requests at once that begin with one ticket. Each value says whose it is: what was written while nobody was signed in is
 * the guest's, who may become anybody; what ada wrote must never be seen by bob, nor by whoever has no more than the first ticket.
 */
export async function trial(comes: 'known' | 'elsewhere', isFailing: boolean, seed: number): Promise<void> {
  const draw = drawing(seed)
  const watch = watched(memoryStore())
  const old: SessionReader = {
    format: 'old',
    read: (value) => (value === 'old' ? { values: { first: 'guest' }, unique: 'x' } : undefined),
  }
  let ahead = 0
  const adapter = adapterOf(
    sessionsOf({ secrets: SECRET, migrateFrom: [old], store: watch.store, now: () => Date.now() + ahead }),
  )
  const visit = (ticket: string) => adapter.detached({ get: (name) => (name === 'cookie' ? `${COOKIE}=${ticket}` : null) })
  let first = 'old'
  if (comes === 'known') {
    const requestSession = visit('')
    ;(await requestSession.open()).set('first', 'guest')
    await requestSession.commit()
    first = requestSession.ticket ?? ''
  }
  const history: string[] = []
  const tickets = new Set<string>()
  let ended = false
  let signedIn = false
  watch.before = async () => {
    for (let ticks = draw(8); ticks > 0; ticks--) await Promise.resolve()
    if (isFailing && draw(12) === 0) throw new Error('connection lost')
  }
  watch.after = () => {
    if (isFailing && draw(12) === 0) throw new Error('answer lost')
  }

  async function request(name: string): Promise<void> {
    const requestSession = visit(first)
    const say = (what: string) => history.push(`${name}.${what}`)
    let session = await requestSession.open().catch(() => undefined)
    if (!session) return
    const check = (): void => {
      const whose = new Set(session?.entries().map(([, value]) => value))
      for (const each of whose) {
        // Dropped, it is nobody's any more, is not stored, and still shows this request what it wrote itself.
        if (each !== 'guest' && requestSession.ticket !== undefined && session?.owner !== undefined && each !== session.owner) {
          throw new Error(`seed ${seed}: ${name} shows ${session?.owner} what is ${each}'s: ${history.join(' ')}`)
        }
      }
    }
    for (let steps = 1 + draw(5); steps > 0; steps--) {
      const what = draw(8)
      if (what < 3) {
        session.set(`${name}${steps}`, session.owner ?? 'guest')
        say('write')
      } else if (what === 3) {
        const owner = ['ada', 'bob'][draw(2)] as string
        session.signIn(owner)
        signedIn = true
        say(owner)
      } else if (what === 4) {
        session.regenerateId()
        say('renew')
      } else if (what === 5 && draw(2) === 0) {
        session = requestSession.afresh()
        ended = true
        say('end')
      } else {
        say('commit')
        const maxAge = [undefined, undefined, 3600, 7_776_000][draw(4)]
        const done = (async () => requestSession.commit(maxAge === undefined ? {} : { maxAge }))().then(
          () => say('done'),
          () => say('failed'),
        )
        if (draw(2) === 0) await done
      }
      check()
      if (requestSession.ticket) tickets.add(requestSession.ticket)
      for (let ticks = draw(10); ticks > 0; ticks--) await Promise.resolve()
    }
    await (async () => requestSession.commit())().catch(() => {})
    const isKept = await (async () => requestSession.commit())().then(
      () => true,
      () => false,
    )
    say('over')
    check()
    const { ticket } = requestSession
    if (ticket === undefined) return
    tickets.add(ticket)
    if (ticket !== first && isKept) owners.set(ticket, session.owner)
  }
  const owners = new Map<string, string | undefined>()
  await Promise.all(['A', 'B', 'C'].slice(0, 2 + draw(2)).map(request))
  watch.before = watch.after = () => {}
  const said = () => `seed ${seed}: ${history.join(' ')}`
  // At once, where an old ticket still shows what there was, and when it shows nothing any more.
  for (const [ticket, later] of [first, ...tickets].flatMap(
    (each) =>
      [
        [each, 0],
        [each, 600_000],
      ] as const,
  )) {
    ahead = later
    const session = await visit(ticket).open()
    if (session.isNew) continue
    for (const [key, value] of session.entries()) {
      if (value !== 'guest' && value !== session.owner)
        throw new Error(`${key} of ${value} is shown to ${session.owner}; ${said()}`)
    }
    if (ticket === first && session.owner !== undefined)
      throw new Error(`the first ticket opens ${session.owner}'s session; ${said()}`)
    if (owners.has(ticket) && session.owner !== undefined && owners.get(ticket) !== session.owner) {
      throw new Error(`who was told of ${owners.get(ticket)} gets the session of ${session.owner}; ${said()}`)
    }
  }
  if (!isFailing && signedIn && !ended && tickets.size === 0) throw new Error(`nobody was given a ticket; ${said()}`)
}
