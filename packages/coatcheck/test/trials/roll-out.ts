import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { SecretList } from '../../src/core/options/secret-states.ts'
import type { AdapterSessions, adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { createKeyring } from '../../src/crypto/keyring.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { drawing } from './drawing.ts'

/** The engine that is tried; a mutant brings its own. */
export interface Tried {
  readonly sessionsOf: typeof sessionsOf
  readonly adapterOf: typeof adapterOf
}

const OLD = 'Hq4vXb1t_Wm8nZp5sYc7uJb9rEd6fGk2'
const NEW = 'Tb9xLw2cGz7nQm4kRj8pHs5gDf3yUa6e'

const INSTANCES = 20
const VISITORS = 400
const COOKIE = '__Host-Http-session'
const START = Date.parse('2096-11-21T08:00:00Z')
/** Milliseconds between two requests. */
const PACE = 100
/** How far, in milliseconds, the clock of an instance may be wrong. Two that are more than a minute apart refuse sealed sessions as it is. */
const SKEW = 30_000

export const KINDS = ['sealed', 'stored', 'stored and encrypted'] as const
export type Kind = (typeof KINDS)[number]

/** What the instances are given in turn: before, while they get ready, with the new secret, and without the old one. */
interface Telling {
  readonly lists: readonly [SecretList, SecretList, SecretList, SecretList]
  /** How they hear of it: each starts again with the next list, or reads them where all do, at once or after a while. */
  readonly by: 'restart' | 'function' | 'slow function'
}

const revoked: SecretList = [NEW, { secret: OLD, state: 'revoked' }]
const retired: SecretList = [NEW, { secret: OLD, state: 'retired' }]
const pending: SecretList = [{ secret: NEW, state: 'pending' }, OLD]
const timed = (from: number): SecretList => [{ secret: NEW, from }, OLD]

/** `from`: milliseconds since the epoch, when all have the list that says so. */
type Way = (from: number) => Telling

/** Ways to bring a new secret to all instances. */
export const WAYS: Readonly<Record<string, Way>> = {
  'states, one instance after another': () => ({ lists: [OLD, pending, retired, revoked], by: 'restart' }),
  'a time from when on, clocks a minute apart': (from) => ({ lists: [OLD, timed(from), timed(from), revoked], by: 'restart' }),
  'a function that all read': () => ({ lists: [OLD, OLD, [NEW, OLD], revoked], by: 'function' }),
  'a function that takes its time': () => ({ lists: [OLD, OLD, [NEW, OLD], revoked], by: 'slow function' }),
}

/** Ways that are known not to do. */
export const WRONG_WAYS: Readonly<Record<string, Way>> = {
  'the new secret first, one instance after another': () => ({ lists: [OLD, OLD, [NEW, OLD], revoked], by: 'restart' }),
  'plain lists in two steps': () => ({ lists: [OLD, [OLD, NEW], [NEW, OLD], revoked], by: 'restart' }),
}

/** What became of the visitors. */
export interface RollOut {
  requests: number
  /** Requests whose session should have been there and was not, or whose change was not kept. */
  refused: number
  /** Requests that opened what an instance had been told to refuse. */
  survived: number
  /** Visitors whose session ended with the old secret. */
  killed: number
  /** Of those, the ones who had written since no instance wrote with it any more. */
  killedThoughRenewed: number
  /** Requests to an instance that goes by a list two minutes after there was another. */
  late: number
  /** The most cookies that one visitor was sent without need while the new secret was brought in. */
  mostCookies: number
  /** All of these cookies. */
  cookies: number
}

interface Visitor {
  ticket: string
  /** What the session should hold. */
  writes: number
  /** Cookies that nothing in their session asked for. */
  cookies: number
  /** Half the visitors hardly write. */
  readonly isReader: boolean
  hasWrittenSince: boolean
  handle: string | undefined
}

interface Instance {
  adapter: AdapterSessions
  /** Of the list that it goes by. */
  stage: number
  readonly ahead: number
}

const headOf = (token: string): string => Buffer.from(token.slice(0, 8), 'base64url').subarray(1, 5).toString('hex')

/** When, by request, each instance gets the next list; by `function` the list is there for all from the first of these on. */
function stagesOf(
  requests: number,
  draw: (most: number) => number,
): readonly { readonly at: readonly number[]; readonly first: number; readonly last: number }[] {
  return [
    [0.1, 0.25],
    [0.35, 0.5],
    [0.75, 0.85],
  ].map(([from = 0, to = 0]) => {
    const at = Array.from({ length: INSTANCES }, () => Math.floor(requests * from) + draw(Math.floor(requests * (to - from))))
    return { at, first: Math.min(...at), last: Math.max(...at) }
  })
}

export async function rollOut(engine: Tried, kind: Kind, way: string, requests: number, seed = 1): Promise<RollOut> {
  const draw = drawing(seed)
  const stages = stagesOf(requests, draw)
  const from = START + Math.floor(requests * 0.42) * PACE
  const { lists, by } = (WAYS[way] ?? (WRONG_WAYS[way] as Way))(from)
  let clock = START
  const store = memoryStore({ now: () => clock })
  const oldHead = headOf(await createKeyring([OLD]).sign('ticket', [], new Uint8Array(24)))
  /** The newest stage that there is. */
  let there = 0

  const start = (instance: Pick<Instance, 'ahead' | 'stage'>): AdapterSessions => {
    const secrets: AdapterOptions['secrets'] =
      by === 'restart'
        ? (lists[instance.stage] as SecretList)
        : () => {
            const stage = there
            const told = () => {
              instance.stage = stage
              return lists[stage] as SecretList
            }
            return by === 'function' ? told() : Promise.resolve().then(told)
          }
    return engine.adapterOf(
      engine.sessionsOf({
        secrets,
        now: () => clock + instance.ahead,
        ...(kind !== 'sealed' && { store, encryptRecords: kind === 'stored and encrypted' }),
      }),
    )
  }
  const instances = Array.from({ length: INSTANCES }, (): Instance => {
    const instance = { stage: 0, ahead: draw(2 * SKEW) - SKEW }
    return Object.assign(instance, { adapter: start(instance) })
  })
  const visitors = Array.from(
    { length: VISITORS },
    (_, number): Visitor => ({
      ticket: '',
      writes: 0,
      cookies: 0,
      isReader: number % 2 === 0,
      hasWrittenSince: false,
      handle: undefined,
    }),
  )
  const found: RollOut = {
    requests,
    refused: 0,
    survived: 0,
    killed: 0,
    killedThoughRenewed: 0,
    late: 0,
    mostCookies: 0,
    cookies: 0,
  }

  /** Whether something of this session was made with the old secret. */
  const isOfOld = async ({ ticket, handle }: Visitor): Promise<boolean> => {
    if (headOf(ticket) === oldHead) return true
    const record = kind === 'stored and encrypted' && handle !== undefined ? await store.read(handle) : undefined
    return record !== undefined && headOf(record.record.data) === oldHead
  }

  for (let at = 0; at < requests; at++, clock += PACE) {
    for (const [number, stage] of stages.entries()) {
      if (at === stage.first) there = number + 1
      if (by !== 'restart') continue
      for (const [which, when] of stage.at.entries()) {
        const instance = instances[which] as Instance
        if (when !== at) continue
        instance.stage = number + 1
        instance.adapter = start(instance)
      }
    }
    const instance = instances[draw(INSTANCES)] as Instance
    const visitor = visitors[draw(VISITORS)] as Visitor
    const writes = visitor.ticket === '' || draw(100) < (visitor.isReader ? 1 : 30)
    const hadTicket = visitor.ticket !== ''
    const wasOld = hadTicket && (await isOfOld(visitor))
    const headers = new Headers(hadTicket ? { cookie: `${COOKIE}=${visitor.ticket}` } : {})
    const { stage } = instance
    const requestSession = instance.adapter.requestSession({}, headers)
    const session = await requestSession.open()
    const isThere = !session.isNew && session.get('writes') === visitor.writes
    const since = stages[there - 1]?.first ?? at
    if (by !== 'restart' && instance.stage < there && (at - since) * PACE > 120_000 + 2 * SKEW) found.late++
    // It may read its secrets just now, before the session is opened or beside it.
    const isRevoked = wasOld && (stage === 3 || (instance.stage === 3 && session.isNew))
    if (isRevoked && !session.isNew) found.survived++
    if (isRevoked && session.isNew) {
      found.killed++
      if (visitor.hasWrittenSince) found.killedThoughRenewed++
      Object.assign(visitor, { ticket: '', writes: 0, hasWrittenSince: false, handle: undefined })
    } else if (hadTicket && !isThere) {
      found.refused++
      if (session.isNew && !session.readOnly) Object.assign(visitor, { writes: 0 })
    }
    if (writes) session.set('writes', visitor.writes + 1)
    try {
      await requestSession.commit()
      if (writes) visitor.writes++
    } catch {
      found.refused++
    }
    const line = requestSession.lines[0]?.[1]
    if (line !== undefined) visitor.ticket = line.split(';')[0]?.split('=')[1] ?? ''
    visitor.handle = session.handle
    // A sealed session travels with each write.
    const isUncalledFor = line !== undefined && hadTicket && !isRevoked && (kind !== 'sealed' || !writes)
    if (isUncalledFor && at < (stages[2]?.first ?? 0)) {
      visitor.cookies++
      found.cookies++
    }
    // Time passes, and what was read beside the request is there.
    if (by === 'slow function') await new Promise(setImmediate)
    // With a time from when on all write with the new one when the slowest clock says so.
    const isOver = way.startsWith('a time') ? clock > from + SKEW : at > (stages[1]?.last ?? 0) + 2 * (60_000 / PACE)
    if (writes && isOver) visitor.hasWrittenSince = true
  }
  found.mostCookies = Math.max(...visitors.map(({ cookies }) => cookies))
  return found
}

/** What goes wrong, if anything does. */
export function faultsOf({ refused, survived, killedThoughRenewed, late, mostCookies }: RollOut): object | undefined {
  const faults = { refused, survived, killedThoughRenewed, late, ...(mostCookies > 1 && { mostCookies }) }
  return Object.values(faults).some((count) => count > 0) ? faults : undefined
}
