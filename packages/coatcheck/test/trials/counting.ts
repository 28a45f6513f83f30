import { expect } from 'vitest'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { SessionReader } from '../../src/migrate/format.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'
import { watched } from '../helpers/watched.ts'
import { drawing } from './drawing.ts'

const DAY = 86_400

/** Milliseconds: by then an old ticket shows nothing any more. */
const AFTERWARDS = 600_000

/** The session is known here or comes from another library; its store works or fails now and then. */
export const STARTS = [
  ['known', false],
  ['known', true],
  ['elsewhere', false],
  ['elsewhere', true],
] as const

/**
 * Requests at once that count one number in every way there is, while they commit, fail, ask for new ids and for other times. What was
 * acknowledged is counted; what was never tried is not; a step is never counted twice.
 */
export async function trial(comes: 'known' | 'elsewhere', isFailing: boolean, seed: number): Promise<void> {
  const draw = drawing(seed)
  const watch = watched(memoryStore())
  const old: SessionReader = {
    format: 'old',
    read: (value) => (value === 'old' ? { values: { n: 0, list: [] }, unique: 'x' } : undefined),
  }
  let ahead = 0
  const options = { secrets: SECRET, migrateFrom: [old], store: watch.store, now: () => Date.now() + ahead }
  // Two processes of one site.
  const adapters = [adapterOf(sessionsOf(options)), adapterOf(sessionsOf(options))]
  const visit = (ticket: string) =>
    (adapters[draw(2)] ?? adapters[0])?.detached({ get: (name) => (name === 'cookie' ? `${COOKIE}=${ticket}` : null) })
  let first = 'old'
  if (comes === 'known') {
    const requestSession = visit('')
    const session = await requestSession?.open()
    session?.replace({ n: 0, list: [] })
    await requestSession?.commit()
    first = requestSession?.ticket ?? ''
  }
  const history: string[] = []
  const said = () => `seed ${seed}: ${history.join(' ')}`
  watch.before = async () => {
    for (let ticks = draw(8); ticks > 0; ticks--) await Promise.resolve()
    if (isFailing && draw(15) === 0) throw new Error('connection lost')
  }
  watch.after = () => {
    if (isFailing && draw(15) === 0) throw new Error('answer lost')
  }
  let tried = 0
  let acknowledged = 0
  const items: string[] = []
  const tickets: { ticket: string; counted: number }[] = []

  async function request(name: string): Promise<void> {
    const requestSession = visit(first)
    const session = await requestSession?.open().catch(() => undefined)
    if (!requestSession || !session || session.isNew) return
    let open = 0
    const mine: string[] = []
    let moved = false
    const say = (what: string) => history.push(`${name}.${what}`)
    for (let steps = 1 + draw(6); steps > 0; steps--) {
      const what = draw(9)
      if (what < 4) {
        const add = (n: unknown) => Number(n) + 1
        if (what === 0) session.update('n', add)
        else if (what === 1) session.patch((data) => ({ n: add(data.n) }))
        else if (what === 2) session.patch((data) => Object.assign(data, { n: add(data.n) }))
        else {
          const item = `${name}${steps}`
          session.update('list', (list) => [...((list as string[] | undefined) ?? ['lost']), item])
          session.update('n', add)
          mine.push(item)
        }
        open++
        tried++
        say(['update', 'patch', 'patch in place', 'list'][what] as string)
      } else if (what === 4 && draw(2) === 0) {
        if (draw(2) === 0) session.regenerateId()
        else session.renew()
        moved = true
        say('new id')
      } else {
        const maxAge = [undefined, 3600, 90 * DAY][draw(3)]
        say(`commit ${maxAge ?? ''}`)
        const done = (async () => requestSession.commit(maxAge === undefined ? {} : { maxAge }))().catch(() => say('failed'))
        if (draw(2) === 0) await done
      }
      for (let ticks = draw(10); ticks > 0; ticks--) await Promise.resolve()
    }
    let isKept = false
    for (let attempt = 0; attempt < (isFailing ? 4 : 1) && !isKept; attempt++) {
      isKept = await (async () => requestSession.commit())().then(
        () => true,
        () => false,
      )
    }
    say(isKept ? 'kept' : 'not kept')
    if (!isKept) return
    acknowledged += open
    items.push(...mine)
    if (requestSession.ticket !== undefined && (moved || requestSession.lines.length > 0))
      tickets.push({ ticket: requestSession.ticket, counted: open })
  }

  let dropped = 0
  await Promise.all(['A', 'B', 'C', 'D'].slice(0, 2 + draw(3)).map(request))
  watch.before = watch.after = () => {}
  ahead = AFTERWARDS
  const seen = new Set<string>()
  for (const ticket of [first, ...tickets.map((each) => each.ticket)]) {
    const session = await visit(ticket)?.open()
    if (!session || session.isNew) {
      dropped++
      continue
    }
    seen.add(session.handle ?? '')
    const n = Number(session.get('n'))
    const list = (session.get('list') as string[] | undefined) ?? ['lost']
    expect(list, said()).not.toContain('lost')
    expect(new Set(list).size, `an item came twice; ${said()}`).toBe(list.length)
    expect(n, `too few; ${said()}`).toBeGreaterThanOrEqual(acknowledged)
    expect(n, `too many; ${said()}`).toBeLessThanOrEqual(tried)
    for (const item of items) expect(list, said()).toContain(item)
  }
  expect(seen.size, `sessions that go on from one: ${said()}`).toBeLessThanOrEqual(1)
  if (!isFailing) expect(seen.size, `nobody opens it; ${said()}`).toBe(1)
  expect(dropped).toBeGreaterThanOrEqual(0)
}
