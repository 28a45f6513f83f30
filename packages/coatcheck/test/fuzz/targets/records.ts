/** What a store may answer: any record under a genuine ticket, and any answer to any call. */
import { SessionError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { SessionRecord, Store } from '../../../src/stores/store.ts'
import {
  checkEvents,
  cookieOf,
  type Grounds,
  grounds,
  HUSH,
  isKnown,
  NOW,
  OLD_SECRET,
  SECRET,
  type Seen,
  ticketIn,
} from '../grounds.ts'
import { mutated } from '../mutate.ts'
import { type Random, withSeededBytes } from '../random.ts'
import { anything, made } from '../recipes.ts'
import { counted, holds, type Input, type Running, type Target } from '../target.ts'
import { anyValue } from '../values.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Milliseconds. */
const [PATIENCE, LATE] = [2, 4]
const KINDS = ['clear', 'encrypted', 'lenient'] as const

/** A site whose store answers as an input says. */
interface Played {
  readonly site: Grounds
  /** The record under ada's ticket. */
  readonly genuine: SessionRecord
  answer: (call: string, genuine: () => Promise<unknown>) => unknown
  /** Takes all records away. */
  readonly empty: () => void
}

async function played(kind: string): Promise<Played> {
  let inner = memoryStore({ now: () => 0 })
  let genuine: SessionRecord | undefined
  const played = {
    answer: (_: string, real: () => Promise<unknown>): unknown => real(),
    empty: () => {
      inner = memoryStore({ now: () => 0 })
    },
  }
  const store: Store = {
    read: (key) => played.answer('read', () => inner.read(key)) as ReturnType<Store['read']>,
    create: (key, record) => {
      genuine ??= record
      return played.answer('create', () => inner.create(key, record)) as ReturnType<Store['create']>
    },
    update: (key, record, version) =>
      played.answer('update', () => inner.update(key, record, version)) as ReturnType<Store['update']>,
    delete: (key, version) => played.answer('delete', () => inner.delete(key, version)) as ReturnType<Store['delete']>,
    touch: (key, at, version) => played.answer('touch', async () => inner.touch?.(key, at, version)) as Promise<boolean>,
  }
  const options = {
    secrets: [SECRET, OLD_SECRET],
    store,
    ...(kind !== 'clear' && { encryptRecords: true }),
    ...(kind === 'lenient' && { acceptUnsigned: true }),
  }
  let clock = { time: 0 }
  const sleep = async (ms: number) => {
    clock.time += Math.max(1, ms)
  }
  const site = grounds(options, { storeTimeout: PATIENCE, conflictTimeout: 200, sleep })
  clock = site.clock
  await withSeededBytes(`record ${kind}`, () =>
    site.person('ada', (session) => {
      session.set('name', 'ada')
      session.set('text', HUSH)
      session.set('when', new Map([['a', new Date(0)]]))
      session.flash('note', new Set([1]))
      session.note({ device: 'one' })
      session.signIn('user-ada', { level: 'aal1', remember: 3600 })
      session.elevate('aal2', { for: 60 })
    }),
  )
  if (!genuine) throw new Error('nothing was created')
  return Object.assign(played, { site, genuine })
}

const ACTS: Readonly<Record<string, Parameters<Grounds['visit']>[1]>> = {
  read: (session) => void session.entries(),
  write: (session) => session.set('count', 1),
  update: (session) => void session.update('count', (count) => (typeof count === 'number' ? count : 0) + 1),
  flash: (session) => void session.flash('note'),
  'sign in': (session) => session.signIn('user-bob'),
  'sign out': (session) => session.signOut(),
  'say how sure': (session) => void [session.level, session.authenticatedAt, session.impersonator, session.note()],
  elevate: (session) => asOwner(session, () => session.elevate('aal3')),
  remember: (session) => session.signIn('user-ada', { remember: true }),
  note: (session) => session.note({ device: 'two' }),
  impersonate: (session) => asOwner(session, () => session.impersonator ?? session.impersonate('user-ada as well')),
  'go back': (session) => session.endImpersonation(),
  renew: (session) => session.regenerateId(),
  delete: (session) => void session.keys().map((key) => session.delete(key)),
}
const NAMES = Object.keys(ACTS)

/** What nobody may do who is not signed in. */
function asOwner({ owner }: { readonly owner: string | undefined }, act: () => unknown): void {
  if (owner !== undefined) act()
}

/** A request; undefined where it failed, as it may, with an error of a known code. */
async function visited({ site }: Played, act: string, ends: Map<string, number>): Promise<Seen | undefined> {
  try {
    const seen = await site.visit({ cookie: cookieOf(site.tickets.get('ada') ?? '') }, ACTS[act])
    checkEvents(seen.events, site.hidden)
    counted(ends, seen.isEmpty ? `${act}: a stranger` : `${act}: opened`)
    return seen
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    holds(isKnown(error.code), 'an error with a known code', () => error.code)
    for (const secret of site.hidden) holds(!error.message.includes(secret), 'no error shows a secret')
    counted(ends, `${act}: ${error.code}`)
    return undefined
  }
}

async function openRecords(): Promise<Running> {
  const all = new Map<string, Played>()
  for (const kind of KINDS) all.set(kind, await played(kind))
  const ends = new Map<string, number>()
  const genuine = Object.fromEntries([...all].map(([kind, one]) => [`${kind} data`, one.genuine.data]))
  return {
    genuine,
    ends,
    draw(random) {
      const kind = random.pick(KINDS)
      const { data, ...rest } = (all.get(kind) as Played).genuine
      const others = [...Object.values(genuine), JSON.stringify(stringOf(random))]
      const times = random.oneIn(4)
        ? {
            [random.pick(Object.keys(rest))]: random.oneIn(2)
              ? anything(random)
              : NOW + random.pick([-1, 1, 0.5, DAY, -DAY, 500 * DAY]),
          }
        : {}
      const text = random.oneIn(8) ? data : random.oneIn(6) ? madeUp(data, random) : mutated(data, random, others)
      return {
        kind,
        act: random.pick(NAMES),
        record: { ...rest, data: random.oneIn(30) ? anything(random) : text, ...times } as Input,
        ...(random.oneIn(20) && { version: anything(random) }),
      }
    },
    async check(input: Input) {
      const { kind, act, record, version = 'v1' } = input as { kind: string; act: string; record: Input; version?: Input }
      const one = all.get(kind) ?? (all.get('clear') as Played)
      one.site.clock.time = NOW
      const answer = { record: made(record), version: made(version) }
      // Every write is taken, so that what was read can be written again.
      one.answer = (call) => (call === 'read' ? answer : call === 'update' || call === 'create' ? 'v2' : true)
      const seen = await visited(one, Object.hasOwn(ACTS, act) ? act : 'read', ends)
      if (seen && !seen.isEmpty && kind === 'encrypted') {
        holds(
          pictureWithoutEnd(seen) === pictureWithoutEnd({ picture: one.site.pictures.get('ada') ?? '' }),
          'a sealed record opens as it was sealed',
        )
      }
    },
  }
}

/** The idle end alone is not sealed: a touch moves it. */
const pictureWithoutEnd = ({ picture }: { picture: string }): string => picture.replace(/"endsAt":[^,}]+/, '')

function stringOf(random: Random): unknown {
  const value = anyValue(random)
  return typeof value === 'string' ? value : 'a'
}

/** Bombs, in a body that is right otherwise. */
function madeUp(data: string, random: Random): string {
  const key = /"key":"(\w+)"/.exec(data)?.[1] ?? ''
  const many = random.pick([10, 300, 3000])
  const rich = random.pick([
    `[[${Array(many).fill(1).join()}],${'[1,1],'.repeat(3)}0]`,
    `[${Array.from({ length: many }, (_, at) => `[${at + 1},${at + 1}]`).join()},"x"]`,
    `[[1],[2],[3],[0]]`,
    `[["BigInt","1"],["BigInt","${'9'.repeat(many)}"]]`,
    `[["Map",${Array(many * 2)
      .fill(0)
      .join()}]]`,
    `[["Uint8Array",1],["ArrayBuffer","${'A'.repeat(many)}"]]`,
    `[["Float64Array",1,4294967295,9],["ArrayBuffer","AAAAAAAAAAA="]]`,
    `[["RegExp","(a+)+$","g"]]`,
    `[[-7,4294967295,0,1]]`,
    `[{"a":[-7,9,0,1]},[-7,4294967295]]`,
    `[["View",0]]`,
    `[["Date","${'9'.repeat(many)}"]]`,
    `[["URL","${'a'.repeat(many)}:"]]`,
    `[["null","__proto__",1],"a"]`,
    `-${random.below(9)}`,
    `[["Set",${Array.from({ length: many }, (_, at) => at).join()}]${',0'.repeat(many)}]`,
    `[["Temporal.Instant","x"]]`,
    `[["Object",1],2]`,
  ])
  const plain = `${'['.repeat(many)}${']'.repeat(many)}`
  const value = random.oneIn(3) ? `{"v":${plain}}` : `{"r":${rich}}`
  const flash = random.oneIn(4)
    ? `,"flash":{"note":${value.slice(0, -1)},"i":${random.pick(['"a"', '1', '{}', '{"toString":1}', 'null'])}}}`
    : ''
  return `{"format":1,"key":"${key}","owner":"user-ada","data":{"name":${value}}${flash}}`
}

export const record: Target = { name: 'record', open: openRecords }

/** One answer of a store. */
type Answer = { readonly as: 'genuine' | 'value' | 'throws' | 'rejects' | 'never' | 'late'; readonly value?: Input }
type Answers = Readonly<Record<string, readonly Answer[]>>

const CALLS = ['read', 'create', 'update', 'delete', 'touch']

async function openAnswers(): Promise<Running> {
  const all = new Map<string, Played>()
  for (const kind of KINDS) all.set(kind, await played(kind))
  const ends = new Map<string, number>()
  return {
    genuine: {},
    ends,
    draw(random) {
      const answers: Record<string, Input> = {}
      for (const call of CALLS)
        if (random.oneIn(2)) answers[call] = Array.from({ length: 1 + random.size(3) }, () => answer(random) as Input)
      return { kind: random.pick(KINDS), act: random.pick(NAMES), answers }
    },
    async check(input: Input) {
      const { kind, act, answers } = input as unknown as { kind: string; act: string; answers: Answers }
      const one = all.get(kind) ?? (all.get('clear') as Played)
      await restore(one)
      const asked = new Map<string, number>()
      const lives: Promise<unknown>[] = []
      one.answer = (call, genuine) => {
        const list = answers?.[call] ?? []
        const nth = asked.get(call) ?? 0
        asked.set(call, nth + 1)
        // The last answer is given to all calls that follow.
        return answered(list[Math.min(nth, list.length - 1)], genuine, lives)
      }
      const before = one.site.clock.time
      const seen = await withoutWaiting(async () => {
        const seen = await visited(one, Object.hasOwn(ACTS, act) ? act : 'read', ends)
        await Promise.allSettled(lives)
        return seen
      })
      holds(one.site.clock.time - before < 60_000, 'no commit goes on for ever')
      holds(
        [...asked.values()].every((times) => times < 2000),
        'no call is made without end',
      )
      if (seen && !seen.isEmpty) holds(seen.picture.includes('ada'), 'what opens is a session that was made here')
    },
  }
}

/** A session of ada's as it was at first, under a ticket of its own: what this process knows of the one before is not asked for again. */
async function restore(one: Played): Promise<void> {
  const { site } = one
  one.answer = (_, genuine) => genuine()
  one.empty()
  site.hidden.delete(site.tickets.get('ada') ?? '')
  site.clock.time += HOUR
  const { lines } = await site.visit({}, (session) => {
    session.set('name', 'ada')
    session.flash('note', new Set([1]))
    session.signIn('user-ada')
  })
  const ticket = ticketIn(lines)
  site.tickets.set('ada', ticket)
  site.hidden.add(ticket)
}

/** The engine waits 2 ms for a store, and one of these stores is late after 4: nobody has to sleep for that. */
async function withoutWaiting<T>(run: () => Promise<T>): Promise<T> {
  const { setTimeout, clearTimeout } = globalThis
  const waiting = new WeakSet<object>()
  const soon = (act: () => void, ms = 0): unknown => {
    if (ms > LATE) return setTimeout(act, ms)
    const turn = setImmediate(() => {
      if (ms < LATE) return act()
      setImmediate(act)
    })
    waiting.add(turn)
    return turn
  }
  const forget = (timer: NodeJS.Immediate | NodeJS.Timeout | undefined) =>
    timer && waiting.has(timer) ? clearImmediate(timer as NodeJS.Immediate) : clearTimeout(timer as NodeJS.Timeout)
  Object.assign(globalThis, { setTimeout: soon, clearTimeout: forget })
  try {
    return await run()
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout })
  }
}

function answer(random: Random): Answer {
  const as = random.pick([
    'genuine',
    'genuine',
    'value',
    'value',
    'value',
    'throws',
    'rejects',
    ...(random.oneIn(8) ? (['never', 'late'] as const) : []),
  ] as const)
  const value = random.oneIn(3)
    ? ({
        record: random.oneIn(2)
          ? anything(random)
          : { data: anything(random), createdAt: anything(random), endsAt: anything(random), expiresAt: anything(random) },
        version: anything(random),
      } as Input)
    : anything(random)
  return as === 'genuine' || as === 'never' ? { as } : { as, value }
}

function answered(given: Answer | undefined, genuine: () => Promise<unknown>, lives: Promise<unknown>[]): unknown {
  switch (given?.as) {
    case 'value':
      return made(given.value ?? null)
    case 'throws':
      throw made(given.value ?? null)
    case 'rejects':
      return Promise.reject(made(given.value ?? null))
    case 'never':
      return new Promise(() => {})
    case 'late': {
      // After the time that the engine waits: the answer, or a rejection, comes when nobody listens any more.
      const late = new Promise<void>((resolve) => setTimeout(resolve, LATE))
      lives.push(late)
      return late.then(() => Promise.reject(made(given.value ?? null)))
    }
    default:
      return genuine()
  }
}

export const answers: Target = { name: 'answers', open: openAnswers }
