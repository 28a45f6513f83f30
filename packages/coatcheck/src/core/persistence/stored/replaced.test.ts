import { describe, expect, test } from 'vitest'
import { tellsNothing } from '../../../../test/helpers/discretion.ts'
import { attempt, down, type Place, place, type Server } from '../../../../test/helpers/servers.ts'
import { discretion, NEWER_SECRET, SECRET } from '../../../../test/helpers/site.ts'
import type { AdapterOptions } from '../../options/options.ts'
import type { LiveSession } from '../../session/session.ts'

const signsIn = (s: LiveSession) => s.signIn('ada')
const renews = (s: LiveSession) => s.regenerateId()
const replays = (...servers: Server[]) => servers.flatMap(({ events }) => events.filter(({ type }) => type === 'replayed'))
const AFTER_GRACE = 75

/** Ada signed in, and has a new id since; and is at home with another browser, too. The old ticket’s time is over. */
async function stolen(onReplay?: AdapterOptions['onReplay']) {
  const site = place(onReplay && { onReplay })
  const server = site.server()
  const home = await server.visit(signsIn)
  const old = await server.visit(signsIn)
  const now = await server.visit(renews, old)
  const handle = await server.look(now, (s) => s.handle)
  const movedAt = site.clock.now()
  site.clock.advance(AFTER_GRACE)
  return { site, server, home, old, now, handle, movedAt }
}
const lives = (server: Server, ticket: string) => server.look(ticket, (s) => s.owner === 'ada')

describe('V12: the old ticket of a session that lives, used after its time', () => {
  test('is told once, with the session of now and when it was', async () => {
    const { site, server, old, handle, movedAt } = await stolen()
    expect(await server.look(old, (s) => [s.isNew, s.readOnly, s.owner])).toEqual([true, true, undefined])
    const at = site.clock.now()
    const owner = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(replays(server)).toEqual([{ type: 'replayed', handle, movedAt, usedAt: at, at, owner }])
    site.clock.advance(10)
    await server.look(old, () => {})
    expect(await attempt(server, old, (s) => s.set('a', 1))).toBe('CONFLICT, nothing sent')
    const another = site.server()
    await another.look(old, () => {})
    expect(replays(server, another)).toHaveLength(1)
  })

  test.each<[string, Partial<AdapterOptions>]>([
    ['in the clear', {}],
    ['sealed', { encryptRecords: true }],
  ])('is told with what the application noted when it gave the new id (%s)', async (_, options) => {
    const site = place(options)
    const server = site.server()
    const notes = ['Firefox, request 7', 'é'.repeat(127)]
    const first = await server.visit((s) => s.set('language', 'en'))
    const second = await server.visit((s) => s.signIn('ada', { note: notes[0] ?? '' }), first)
    await server.visit((s) => s.regenerateId({ note: notes[1] ?? '' }), second)
    site.clock.advance(AFTER_GRACE)
    await server.look(second, () => {})
    await server.look(first, () => {})
    expect(replays(server)).toMatchObject([{ note: notes[1] }, { note: notes[0] }])
  })

  test('a note of another kind, or a longer one, is refused where it is given, and changes nothing', async () => {
    const { server, now } = await stolen()
    for (const note of ['x'.repeat(255), '\u0000'.repeat(50), '\ud800', 5, null] as string[]) {
      await server.look(now, (s) => {
        expect(() => s.signIn('eve', { note })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
        expect(() => s.regenerateId({ note })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
        expect(s.owner).toBe('ada')
      })
    }
  })

  test('is told by one of all that find it at once', async () => {
    const { site, server, old } = await stolen()
    const servers = [server, ...Array.from({ length: 4 }, () => site.server())]
    await Promise.all([...servers, ...servers].map((one) => one.look(old, () => {})))
    expect(replays(...servers)).toHaveLength(1)
  })

  test('is told where the answer to the mark was lost, and once', async () => {
    const { site, server, old } = await stolen()
    server.watch.after = (call) => {
      if (call !== 'update') return
      server.watch.after = () => {}
      down()
    }
    await server.look(old, () => {})
    const another = site.server()
    await another.look(old, () => {})
    expect([replays(server), replays(another)]).toMatchObject([[{ type: 'replayed' }], []])
  })

  test('is told by the next to find it where the mark was not kept; who met the failure goes on, and it is an event', async () => {
    const { site, server, old } = await stolen()
    server.watch.before = (call) => (call === 'update' ? down() : undefined)
    expect(await server.look(old, (s) => [s.isNew, s.readOnly])).toEqual([true, true])
    const another = site.server()
    await another.look(old, () => {})
    expect([replays(server), replays(another)]).toMatchObject([[], [{ type: 'replayed' }]])
  })

  test('is nothing to tell when the session has ended', async () => {
    const { server, old, now } = await stolen()
    await server.visit((s) => s.destroy(), now)
    expect(await server.look(old, (s) => [s.isNew, s.readOnly])).toEqual([true, false])
    expect(replays(server)).toEqual([])
  })

  test('is nothing to tell within its time, at whichever process', async () => {
    const site = place()
    const [one, two] = [site.server(), site.server({ ahead: 60 })]
    const old = await one.visit(signsIn)
    await one.visit(renews, old)
    for (const server of [one, two]) expect(await server.look(old, (s) => s.owner)).toBe('ada')
    site.clock.advance(14)
    for (const server of [one, two]) expect(await server.look(old, (s) => s.owner)).toBe('ada')
    expect(replays(one, two)).toEqual([])
  })
})

describe('V12: onReplay', () => {
  test.each([
    ['report', { now: true, home: true }],
    ['endSession', { now: false, home: true }],
    ['endOwner', { now: false, home: false }],
  ] as const)('%s', async (onReplay, left) => {
    const { site, server, home, old, now } = await stolen(onReplay)
    await server.look(old, () => {})
    expect({ now: await lives(server, now), home: await lives(server, home) }).toEqual(left)
    expect(replays(server)).toHaveLength(1)
    const another = site.server()
    await another.look(old, () => {})
    expect(replays(another)).toEqual([])
  })

  test.each(['endSession', 'endOwner'] as const)('%s follows a chain of new ids to the session of now', async (onReplay) => {
    const { site, server, old, now } = await stolen(onReplay)
    const last = await server.visit(renews, now)
    site.clock.advance(AFTER_GRACE)
    await server.look(old, () => {})
    expect(await lives(server, last)).toBe(false)
  })

  test.each(['endSession', 'endOwner'] as const)(
    '%s lets the visitor of an ended session begin another at once',
    async (onReplay) => {
      const { server, old } = await stolen(onReplay)
      expect(await attempt(server, old, (s) => s.set('a', 1))).toBe('done, given')
    },
  )

  /** Somebody planted a guest’s ticket, with which ada signed in, perhaps long ago. */
  const planted = async (
    onReplay: AdapterOptions['onReplay'],
    first: (session: LiveSession) => void,
  ): Promise<[Place, Server, string[]]> => {
    const site = place(onReplay && { onReplay })
    const server = site.server()
    const home = await server.visit(signsIn)
    const old = await server.visit(first)
    const now = await server.visit(signsIn, old)
    site.clock.advance(AFTER_GRACE)
    return [site, server, [old, now, home]]
  }

  test.each(['endSession', 'endOwner'] as const)('%s: a planted ticket of a guest signs nobody out', async (onReplay) => {
    const [site, server, [old = '', now = '', home = '']] = await planted(onReplay, (s) => s.set('a', 1))
    for (const seconds of [0, 400]) {
      site.clock.advance(seconds)
      await server.look(old, () => {})
      await attempt(server, old, (s) => s.set('b', 2))
      expect([await lives(server, now), await lives(server, home)]).toEqual([true, true])
    }
    expect(replays(server), 'but it is told').toHaveLength(1)
  })

  test.each(['endSession', 'endOwner'] as const)(
    '%s: nor does a ticket of somebody else, as whom the browser was signed in before',
    async (onReplay) => {
      const [, server, [old = '', now = '', home = '']] = await planted(onReplay, (s) => s.signIn('eve'))
      await server.look(old, () => {})
      expect([await lives(server, now), await lives(server, home)]).toEqual([true, true])
    },
  )

  test.each(['endSession', 'endOwner'] as const)(
    'C4: %s removes no record that a newer release has written',
    async (onReplay) => {
      const { site, server, home, old, handle = '' } = await stolen(onReplay)
      const found = await site.records.read(handle)
      const data = found?.record.data.replace('"format":1', '"format":2') ?? ''
      if (found) await site.records.update(handle, { ...found.record, data }, found.version)
      expect(await server.look(old, (s) => [s.isNew, s.readOnly])).toEqual([true, true])
      expect((await site.records.read(handle))?.record.data).toBe(data)
      expect(replays(server)).toHaveLength(1)
      expect(server.events.filter(({ type }) => type === 'late-failed')).toMatchObject([{ error: { code: 'STORE_FAILED' } }])
      expect(await lives(server, home), 'the others go all the same').toBe(onReplay === 'endSession')
    },
  )

  test('endOwner ends all others where a listed one is not there any more, in a store that may drop what it holds', async () => {
    const site = place({ onReplay: 'endOwner' })
    const listByOwner = async (owner: string) => ['dropped', ...(await site.records.listByOwner(owner))]
    const server = site.server({ store: { ...site.records, evicts: true, listByOwner } })
    const home = await server.visit(signsIn)
    const old = await server.visit(signsIn)
    const now = await server.visit(renews, old)
    site.clock.advance(AFTER_GRACE)
    await server.look(old, () => {})
    expect([await lives(server, now), await lives(server, home)]).toEqual([false, false])
  })

  test('endSession that cannot be carried out fails no request: the session lives, and it is told as an event', async () => {
    const { server, old, now } = await stolen('endSession')
    let isMarked = false
    server.watch.before = (call) => {
      if ((call === 'update' || call === 'delete') && isMarked) down()
      if (call === 'update') isMarked = true
    }
    expect(await server.look(old, (s) => [s.isNew, s.readOnly])).toEqual([true, true])
    expect(server.events.filter(({ type }) => type === 'late-failed')).toMatchObject([{ error: { code: 'STORE_FAILED' } }])
    server.watch.before = () => {}
    expect(await lives(server, now)).toBe(true)
  })
})

test('V4: an old ticket shows nothing, within its grace, where nobody can read here whether the session has ended (seed 86838)', async () => {
  const site = place({ encryptRecords: true })
  const server = site.server()
  const newer = site.server({ secrets: [NEWER_SECRET, SECRET] })
  const old = await server.visit(signsIn)
  const now = await server.visit(renews, old)
  await newer.visit((s) => s.destroy(), now)
  expect(await server.look(old, (s) => [s.isNew, s.readOnly, s.owner])).toEqual([true, true, undefined])
  expect(await attempt(server, old, (s) => s.set('a', 1))).toBe('KEY_UNKNOWN, nothing sent')
  expect(await attempt(server, old, (s) => s.destroy())).toBe('KEY_UNKNOWN, nothing sent')
})

tellsNothing(discretion)
