import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { clockFrom } from '../../test/helpers/clock.ts'
import { attempt, outcome, place, ticketIn } from '../../test/helpers/servers.ts'
import { NEWER_SECRET, SECRET } from '../../test/helpers/site.ts'
import { createKeyring, type Keyring } from '../crypto/keyring.ts'
import { changingKeyring } from './changing-keyring.ts'
import type { Happening } from './model/events.ts'
import type { SecretList } from './options/secret-states.ts'
import { type SecretSource, type Secrets, secretsOf } from './options/secrets.ts'
import type { LiveSession } from './session/session.ts'

const WEAK = 'letmein'
const BOTH: SecretList = [NEWER_SECRET, SECRET]
const OF = ['cookie'] as const
const by = async (secret: string) => createKeyring([secret]).seal('session', OF, 'text')

const ofNew = await by(NEWER_SECRET)
const ofOld = await by(SECRET)
const ofNobody = await by('Rz5mYk8wQb2nXv7jLc4hTg9sPd6fUa3e')

type Changing = Parameters<typeof changingKeyring>[0]
const changing = (secrets: Secrets | undefined) => secrets as Changing

let clock = clockFrom()
let events: Happening[] = []
beforeEach(() => {
  clock = clockFrom()
  events = []
})
afterEach(() => vi.useRealTimers())

const keyringOf = (given: Parameters<typeof secretsOf>[0]): Keyring =>
  changingKeyring(changing(secretsOf(given, false)), { now: clock.now, emit: (event) => events.push(event), limit: 2000 })

/** What a token opens here: its text and whether it is stale, or why it does not. */
const opens = async (keyring: Keyring, token: string) => {
  const found = await keyring.open('session', OF, token)
  return typeof found === 'string' ? found : found.stale ? 'stale' : 'fresh'
}

/** A source that answers at once with the list that was set last, and counts. */
function answering(first: SecretList) {
  const source = { list: first as SecretList | Error, reads: 0 }
  const read = () => {
    source.reads++
    if (source.list instanceof Error) throw source.list
    return source.list
  }
  return Object.assign(source, { read })
}

/** A source whose reads are answered one by one. */
function slow() {
  const reads: { answer: (list: SecretList) => Promise<void>; fail: (error: Error) => Promise<void> }[] = []
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const read = () => {
    const { promise, resolve, reject } = Promise.withResolvers<SecretList>()
    reads.push({
      answer: async (list) => {
        resolve(list)
        await settled()
      },
      fail: async (error) => {
        reject(error)
        await settled()
      },
    })
    return promise
  }
  return { reads, read }
}

describe('a list with times', () => {
  test('is as synchronous as one of texts, and turns by the clock, forth and back', () => {
    const from = clock.now() + 1000
    const keyring = keyringOf([
      { secret: NEWER_SECRET, from },
      { secret: SECRET, until: from + 1000 },
    ])
    const now = () => {
      const sealed = keyring.seal('session', OF, 'text') as string
      return [sealed.slice(0, 6) === ofNew.slice(0, 6), keyring.open('session', OF, ofNew), keyring.open('session', OF, ofOld)]
    }
    const [fresh, stale] = [false, true].map((is) => ({ text: 'text', stale: is }))
    expect(now()).toEqual([false, fresh, fresh])
    clock.advance(1)
    expect(now()).toEqual([true, fresh, stale])
    clock.advance(1)
    expect(now()).toEqual([true, fresh, 'revoked-key'])
    clock.advance(-2)
    expect(now()).toEqual([false, fresh, fresh])
  })

  test('says so when no time has come, and still reads', () => {
    const keyring = keyringOf([{ secret: SECRET, from: clock.now() + 1000 }])
    expect(() => keyring.seal('session', OF, 'text')).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringMatching(/active now/) }),
    )
    expect(keyring.open('session', OF, ofOld)).toEqual({ text: 'text', stale: false })
  })

  test('S12: derives the keys of each secret once for what it is used for, not for each turn or each request', () => {
    const derive = vi.spyOn(process.getBuiltinModule('node:crypto'), 'hkdfSync')
    const from = clock.now() + 1000
    const list = [{ secret: `${NEWER_SECRET}${from}`, from }, `${SECRET}${from}`]
    for (let request = 0; request < 50; request++) {
      const keyring = keyringOf(list)
      keyring.open('session', OF, keyring.seal('session', OF, 'text') as string)
      clock.advance(request % 2 === 0 ? 1 : -1)
    }
    expect(derive.mock.calls.length).toBe(2 * 2 * 2) // key id and key, two secrets, before and after
    derive.mockRestore()
  })

  test('tells what the secret that writes wrote', async () => {
    const keyring = keyringOf([{ secret: NEWER_SECRET, from: clock.now() + 1000 }, SECRET])
    expect(keyring.isNewest('never used', ofOld), 'no key was needed yet').toBe(false)
    await opens(keyring, ofOld)
    expect([ofOld, ofNew].map((token) => keyring.isNewest('session', token))).toEqual([true, false])
    clock.advance(1)
    await opens(keyring, ofOld)
    expect([ofOld, ofNew].map((token) => keyring.isNewest('session', token))).toEqual([false, true])
  })
})

describe('a function or a source', () => {
  test('is asked when the first secret is needed, then when its answer is 60 seconds old', async () => {
    const source = answering(SECRET)
    const keyring = keyringOf(() => source.read())
    expect(source.reads).toBe(0)
    expect(keyring.open('session', OF, ofOld), 'at once').toEqual({ text: 'text', stale: false })
    source.list = BOTH
    clock.advance(59.999)
    expect([await opens(keyring, ofOld), source.reads]).toEqual(['fresh', 1])
    clock.advance(0.001)
    expect([await opens(keyring, ofOld), source.reads]).toEqual(['stale', 2])
  })

  test('is asked again for an unknown secret, at most every 5 seconds', async () => {
    const source = answering(SECRET)
    const keyring = keyringOf(source)
    await opens(keyring, ofOld)
    source.list = BOTH
    expect([await opens(keyring, ofNew), source.reads], 'just read, and asked all the same').toEqual(['fresh', 2])
    for (let again = 0; again < 3; again++) expect([await opens(keyring, ofNobody), source.reads]).toEqual(['unknown-key', 2])
    clock.advance(5)
    for (let again = 0; again < 3; again++) expect([await opens(keyring, ofNobody), source.reads]).toEqual(['unknown-key', 3])
  })

  test('is never asked again for a secret that is revoked, forged or malformed', async () => {
    const source = answering([NEWER_SECRET, { secret: SECRET, state: 'revoked' }])
    const keyring = keyringOf(source)
    expect(await opens(keyring, ofOld)).toBe('revoked-key')
    expect(await opens(keyring, `${ofNew.slice(0, -4)}AAAA`)).toBe('forged')
    expect(await opens(keyring, 'x')).toBe('malformed')
    expect(source.reads).toBe(1)
  })

  test('that says it has changed is asked before the next secret is used', async () => {
    let tell = () => {}
    const source = {
      ...answering(SECRET),
      watch: (changed: () => void) => {
        tell = changed
      },
    }
    const reading = answering(SECRET)
    const keyring = keyringOf({ ...source, read: reading.read })
    await opens(keyring, ofOld)
    reading.list = [NEWER_SECRET, { secret: SECRET, state: 'revoked' }]
    expect(await opens(keyring, ofOld)).toBe('fresh')
    tell()
    expect(await opens(keyring, ofOld)).toBe('revoked-key')
    expect(reading.reads).toBe(2)
  })

  test.each<[string, SecretList | Error, string]>([
    ['throws', new Error('no vault'), 'STORE_FAILED'],
    ['gives a weak secret', [WEAK], 'BAD_OPTIONS'],
    ['gives none that is active', [{ secret: NEWER_SECRET, state: 'pending' }], 'BAD_OPTIONS'],
    ['gives none that is active now', [{ secret: NEWER_SECRET, from: '2099-01-01' }], 'BAD_OPTIONS'],
    ['gives no list', 7 as unknown as SecretList, 'BAD_OPTIONS'],
    ['gives an empty one', [], 'BAD_OPTIONS'],
  ])('that %s: the last list counts on, an event tells of it, and it is tried again after 5 seconds', async (_, list, code) => {
    const source = answering(SECRET)
    const keyring = keyringOf(source)
    await opens(keyring, ofOld)
    source.list = list
    clock.advance(200)
    expect([await opens(keyring, ofOld), await opens(keyring, ofOld), source.reads]).toEqual(['fresh', 'fresh', 2])
    expect(events).toEqual([{ type: 'secrets-failed', error: expect.objectContaining({ code }) }])
    expect(JSON.stringify(events.map((event) => ('error' in event ? event.error?.message : '')))).not.toContain(WEAK)
    clock.advance(5)
    source.list = BOTH
    expect([await opens(keyring, ofOld), source.reads]).toEqual(['stale', 3])
  })

  test('that fails, and then says it has changed, is asked at once', async () => {
    let tell = () => {}
    const reading = answering(SECRET)
    const keyring = keyringOf({
      read: reading.read,
      watch: (changed) => {
        tell = changed
      },
    })
    await opens(keyring, ofOld)
    reading.list = [WEAK]
    tell()
    expect(await opens(keyring, ofOld)).toBe('fresh')
    reading.list = BOTH
    expect(await opens(keyring, ofOld), 'not again without a word').toBe('fresh')
    tell()
    expect(await opens(keyring, ofOld)).toBe('stale')
  })

  test.each<[string, SecretList | Error, string]>([
    ['fails', new Error('no vault'), 'STORE_FAILED'],
    ['gives what cannot be meant', [WEAK], 'BAD_OPTIONS'],
  ])('that %s the first time: the request fails, and the next one asks again', async (_, list, code) => {
    const source = answering(SECRET)
    source.list = list
    const keyring = keyringOf(source)
    expect(() => keyring.open('session', OF, ofOld)).toThrow(expect.objectContaining({ code }))
    expect(() => keyring.seal('session', OF, 'text')).toThrow(expect.objectContaining({ code }))
    source.list = SECRET
    expect(await opens(keyring, ofOld)).toBe('fresh')
  })

  test('whose `watch` throws fails a request, and no more', async () => {
    const source: SecretSource = {
      ...answering(SECRET),
      watch() {
        throw new Error('no such folder')
      },
    }
    const keyring = keyringOf(source)
    expect(() => keyring.open('session', OF, ofOld)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
    expect(await opens(keyring, ofOld)).toBe('fresh')
  })
})

describe('a source that takes its time', () => {
  test('all wait for the first list, which is read once', async () => {
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const all = [opens(keyring, ofOld), opens(keyring, ofOld), opens(keyring, ofNobody)]
    await reads[0]?.answer(SECRET)
    await reads[1]?.answer(SECRET) // for the unknown one
    expect(await Promise.all(all)).toEqual(['fresh', 'fresh', 'unknown-key'])
    expect(reads.length).toBe(2)
  })

  test('nobody waits while it is read again: the last list goes on, at once', async () => {
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const first = opens(keyring, ofOld)
    await reads[0]?.answer(SECRET)
    await first
    clock.advance(60)
    expect(keyring.open('session', OF, ofOld)).toEqual({ text: 'text', stale: false })
    expect(keyring.open('session', OF, ofOld)).toEqual({ text: 'text', stale: false })
    expect(reads.length).toBe(2)
    await reads[1]?.answer(BOTH)
    expect(keyring.open('session', OF, ofOld)).toEqual({ text: 'text', stale: true })
  })

  test('after two minutes in which nobody came, it is read before it is used: who was revoked meanwhile opens nothing', async () => {
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const first = opens(keyring, ofOld)
    await reads[0]?.answer(SECRET)
    await first
    clock.advance(120)
    const late = opens(keyring, ofOld)
    await reads[1]?.answer([NEWER_SECRET, { secret: SECRET, state: 'revoked' }])
    expect(await late).toBe('revoked-key')
  })

  test('all who come with an unknown secret wait for one read', async () => {
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const first = opens(keyring, ofOld)
    await reads[0]?.answer(SECRET)
    await first
    const all = [opens(keyring, ofNew), opens(keyring, ofNew), opens(keyring, ofNobody)]
    expect(reads.length).toBe(2)
    await reads[1]?.answer(BOTH)
    expect(await Promise.all(all)).toEqual(['fresh', 'fresh', 'unknown-key'])
  })

  test('a read that was begun before a change does not stand for the one after it', async () => {
    const { reads, read } = slow()
    let tell = () => {}
    const keyring = keyringOf({
      read,
      watch: (changed) => {
        tell = changed
      },
    })
    const before = opens(keyring, ofOld)
    tell()
    const after = opens(keyring, ofOld)
    expect(reads.length).toBe(2)
    await reads[1]?.answer([NEWER_SECRET, { secret: SECRET, state: 'revoked' }])
    expect(await after).toBe('revoked-key')
    await reads[0]?.answer(SECRET)
    expect([await before, await opens(keyring, ofOld)], 'nor does it undo it').toEqual(['revoked-key', 'revoked-key'])
  })

  test('one that never answers is waited for as long as a store: the last list counts on, without one the request fails', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const first = opens(keyring, ofOld).catch((error: { code: string; cause: Error }) => [error.code, error.cause.message])
    await vi.advanceTimersByTimeAsync(2000)
    expect(await first).toEqual(['STORE_FAILED', 'It did not answer within 2 seconds.'])
    const second = opens(keyring, ofOld)
    await reads[1]?.answer(SECRET)
    expect(await second).toBe('fresh')
    clock.advance(300)
    const third = opens(keyring, ofOld)
    await vi.advanceTimersByTimeAsync(2000)
    expect(await third).toBe('fresh')
    expect(events.map(({ type }) => type)).toEqual(['secrets-failed', 'secrets-failed'])
  })

  test('one that rejects while nobody waits is told of, and nothing else', async () => {
    const { reads, read } = slow()
    const keyring = keyringOf(read)
    const first = opens(keyring, ofOld)
    await reads[0]?.answer(SECRET)
    await first
    clock.advance(60)
    await opens(keyring, ofOld)
    await reads[1]?.fail(new Error('no vault'))
    expect(events).toMatchObject([{ type: 'secrets-failed', error: { code: 'STORE_FAILED' } }])
    expect(await opens(keyring, ofOld)).toBe('fresh')
  })
})

describe.each([false, true])('a secret that is revoked while the server runs (encryptRecords: %s)', (encryptRecords) => {
  const running = async (state: 'revoked' | 'retired' = 'revoked') => {
    const site = place({ encryptRecords })
    const source = answering(SECRET)
    const server = site.server({ secrets: () => source.read() })
    const ticket = await server.visit((s) => s.signIn('ada'))
    const turn = () => {
      source.list = [NEWER_SECRET, { secret: SECRET, state }]
      site.clock.advance(60)
    }
    return { site, source, server, ticket, turn }
  }

  test('opens nothing any more, also of what this server wrote itself just now; its visitor is a stranger at once', async () => {
    const { server, ticket, turn } = await running()
    turn()
    expect(await server.look(ticket, (s) => [s.isNew, s.readOnly, s.owner])).toEqual([true, false, undefined])
    expect(server.events.at(-1)).toMatchObject({ type: 'refused', reason: 'revoked-key' })
    expect(await attempt(server, ticket, (s) => s.set('a', 1)), 'no ten minutes').toBe('done, given')
  })

  test('a record that this server sealed with it and remembers opens nothing either, under a ticket of another secret', async () => {
    const { site, source, server, ticket, turn } = await running()
    // Not all instances write with the new one yet: this one is the last.
    source.list = [{ secret: NEWER_SECRET, state: 'pending' }, SECRET]
    site.clock.advance(60)
    const renewed = await site.server({ secrets: BOTH }).visit((s) => s.set('a', 1), ticket)
    expect(renewed).not.toBe(ticket)
    expect(await server.visit((s) => s.set('a', 2), renewed), 'nor does it send the ticket back and forth').toBe(renewed)
    expect(await server.look(renewed, (s) => s.get('a'))).toBe(2)
    turn()
    expect(await server.look(renewed, (s) => s.get('a'))).toBe(encryptRecords ? undefined : 2)
  })

  test('a request under way is carried out, and no ticket is sent that opens what it wrote', async () => {
    const { server, ticket, turn } = await running()
    const requestSession = server.arrive(ticket)
    ;(await requestSession.open()).set('late', 1)
    turn()
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
    expect(await server.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('retired instead, it opens, and the next answer that writes renews ticket and record', async () => {
    const { server, ticket, turn, source, site } = await running('retired')
    turn()
    expect(await attempt(server, ticket, (s) => s.get('a'))).toBe('done, nothing sent')
    const renewed = await server.visit((s) => s.set('a', 1), ticket)
    expect(renewed).not.toBe(ticket)
    source.list = [NEWER_SECRET]
    site.clock.advance(60)
    expect(await server.look(renewed, (s) => [s.owner, s.get('a')])).toEqual(['ada', 1])
  })
})

test('a forwarding record whose new id was sealed with a pending secret is read: a double click meets in one session', async () => {
  const site = place()
  const newer = site.server({ secrets: BOTH })
  const older = site.server({ secrets: [{ secret: NEWER_SECRET, state: 'pending' }, SECRET] })
  const ticket = await older.visit((s) => s.set('cart', 1))
  const requestSession = older.arrive(ticket)
  ;(await requestSession.open()).signIn('ada')
  const first = await newer.visit((s) => s.signIn('ada'), ticket)
  await requestSession.commit()
  const second = ticketIn(requestSession) ?? ''
  const handles = [await newer.look(first, (s) => s.handle), await newer.look(second, (s) => s.handle)]
  expect(handles[0]).toBe(handles[1])
})

describe('the newer secret is the one that is revoked, over sealed records', () => {
  const leaked = async (act: (session: LiveSession) => void) => {
    const site = place({ encryptRecords: true })
    const server = site.server({ secrets: [SECRET, { secret: NEWER_SECRET, state: 'revoked' }] })
    const newer = site.server({ secrets: BOTH })
    const ticket = await server.visit((s) => s.set('a', 1))
    const underWay = server.arrive(ticket)
    ;(await underWay.open()).set('late', 1)
    await newer.visit(act, ticket)
    return { server, ticket, underWay }
  }

  test('a request that comes upon such a record is told, and changes nothing', async () => {
    const { server, ticket, underWay } = await leaked((s) => s.set('a', 2))
    expect(await outcome(underWay)).toEqual({ told: 'KEY_UNKNOWN', lines: 0 })
    expect(await server.look(ticket, (s) => [s.isNew, s.readOnly])).toEqual([true, false])
  })

  test('an old ticket that leads to one is a stranger’s, also within its grace', async () => {
    const { server, ticket } = await leaked((s) => s.signIn('ada'))
    expect(await attempt(server, ticket, (s) => s.set('a', 1))).toBe('done, given')
    expect(server.events.map((event) => 'reason' in event && event.reason)).toContain('revoked-key')
  })
})
