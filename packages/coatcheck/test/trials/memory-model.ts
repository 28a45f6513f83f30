import fc from 'fast-check'
import { expect } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import type { SessionRecord, Store } from '../../src/stores/store.ts'
import { scriptsDrawn } from '../helpers/depth.ts'

const START = 4_000_000_000_000
/** So many expired ones go with each new one. */
const AT_EACH_CREATE = 8

interface Item {
  readonly key: string
  version: string
  record: SessionRecord
  keepUntil: number | undefined
  used: number
}

/** The rules of docs/stores/memory.md, over a plain list, which it goes through from one end to the other for everything. */
class Model {
  items: Item[] = []
  time = START
  /** When an owner last came to the number of sessions that he has, or used one of them. */
  readonly #ownerUsed = new Map<string, number>()
  #ticks = 0

  find = (key: string): Item | undefined => this.items.find((item) => item.key === key)
  sessionsOf = (owner: string | undefined): Item[] =>
    this.items.filter(({ record, keepUntil }) => record.owner === owner && keepUntil === undefined)
  expired = (time: number): Item[] => this.items.filter(({ record }) => record.expiresAt <= time)

  #stirs({ record: { owner } }: Item, tick = ++this.#ticks): void {
    if (owner !== undefined) this.#ownerUsed.set(owner, tick)
  }

  use(key: string): Item | undefined {
    const item = this.find(key)
    if (item && item.keepUntil === undefined) {
      item.used = ++this.#ticks
      this.#stirs(item)
    }
    return item
  }

  remove(item: Item, tick?: number): void {
    this.items = this.items.filter((each) => each !== item)
    if (item.keepUntil === undefined) this.#stirs(item, tick)
  }

  /** The earliest first; those of the same time in any order, so that their owners come to the same tick. */
  removeExpired(items: readonly Item[]): void {
    const ticks = new Map<number, number>()
    for (const item of items.toSorted((a, b) => a.record.expiresAt - b.record.expiresAt)) {
      const tick = ticks.get(item.record.expiresAt) ?? ++this.#ticks
      ticks.set(item.record.expiresAt, tick)
      this.remove(item, tick)
    }
  }

  add(key: string, record: SessionRecord, version: string): void {
    const item = { key, version, record, keepUntil: record.keepUntil, used: ++this.#ticks }
    this.items.push(item)
    if (item.keepUntil === undefined) this.#stirs(item)
  }

  update(item: Item, { data, expiresAt, keepUntil }: SessionRecord, version: string): void {
    item.record = { ...item.record, data, expiresAt }
    item.version = version
    if (item.keepUntil !== undefined || keepUntil !== undefined) this.#stirs(item)
    item.keepUntil = keepUntil
    if (keepUntil === undefined) item.used = ++this.#ticks
  }

  /** The sessions of this owner that may go for the new one, the least recently used first. */
  goers(owner: string | undefined, from: string | undefined): Item[] {
    return this.sessionsOf(owner)
      .filter(({ key }) => key !== from)
      .sort((a, b) => a.used - b.used)
  }

  /** One of these has to go in a full store; with none of them, the new one is refused. */
  victims(newOwner: string | undefined, from: string | undefined): Item[] {
    const over = this.items.filter(({ key, keepUntil = Number.POSITIVE_INFINITY }) => key !== from && keepUntil <= this.time)
    const first = Math.min(...over.map(({ keepUntil }) => keepUntil ?? 0))
    return over.length > 0 ? over.filter(({ keepUntil }) => keepUntil === first) : this.#sessionToGo(newOwner, from)
  }

  #sessionToGo(newOwner: string | undefined, from: string | undefined): Item[] {
    const [guest] = this.goers(undefined, from)
    if (guest) return [guest]
    const moving = from === undefined ? undefined : this.find(from)
    const movingOwner = moving?.keepUntil === undefined ? moving?.record.owner : undefined
    const all = [...new Set(this.items.flatMap(({ record: { owner } }) => owner ?? []))]
      .filter((owner) => this.sessionsOf(owner).length > 0)
      .map((owner) => ({ owner, has: this.sessionsOf(owner).length, goers: this.goers(owner, from) }))
    const most = Math.max(0, ...all.map(({ has }) => has))
    const others = all.filter(({ has }) => has === most)
    // What is about to lose the session that moves comes last.
    const rank = (owner: string): readonly number[] => [Number(owner === movingOwner), this.#ownerUsed.get(owner) ?? 0]
    const [[lowest, earliest] = []] = others
      .map(({ owner }) => rank(owner))
      .sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)
    const first = others.filter(({ owner }) => rank(owner)[0] === lowest && rank(owner)[1] === earliest)
    const otherCount = first[0]?.goers.length ?? 0
    const own = all.find(({ owner }) => owner === newOwner)
    const ownCount = own ? own.goers.length + 1 : 0
    if (Math.max(ownCount, otherCount) < 2) return []
    return (own && ownCount >= otherCount ? [own] : first).flatMap(({ goers }) => goers.slice(0, 1))
  }
}

const OWNERS = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida']
const right = fc.integer({ min: 0, max: 5 }).map((n) => n > 0)
/** In milliseconds from now; some are over, many are the same. */
const short = fc.oneof(fc.constantFrom(1, 5, 1_000), fc.integer({ min: -5, max: 200 }))

/** What may happen: `span` is how long a session lives from then on. */
function stepsOf(keys: number, owner: fc.Arbitrary<string | undefined>, span: fc.Arbitrary<number>, keeps: number) {
  const key = fc.integer({ min: 1, max: keys }).map((n) => `key${n}`)
  const keep = fc.option(fc.integer({ min: -5, max: 60 }), { nil: undefined, freq: keeps })
  const from = fc.option(key, { nil: undefined })
  const limit = fc.integer({ min: 1, max: 12 })
  const passing = fc.integer({ min: 0, max: 60 })
  const does = <T extends string, M>(name: T, more: { [K in keyof M]: fc.Arbitrary<M[K]> }) =>
    fc.record(more).map((each) => ({ does: name, ...each }))
  const step = fc.oneof(
    { weight: 8, arbitrary: does('create', { key, owner, span, keep, from }) },
    { weight: 4, arbitrary: does('read', { key }) },
    { weight: 3, arbitrary: does('update', { key, span, keep, right }) },
    { weight: 2, arbitrary: does('touch', { key, span, right }) },
    { weight: 1, arbitrary: does('delete', { key, right }) },
    { weight: 1, arbitrary: does('prune', { span, limit }) },
    { weight: 2, arbitrary: does('page', { limit }) },
    { weight: 1, arbitrary: does('listByOwner', { owner: fc.constantFrom(...OWNERS) }) },
    { weight: 2, arbitrary: does('pass', { span: passing }) },
  )
  return fc.array(step, { minLength: 1, maxLength: 250, size: 'max' })
}

type Step = ReturnType<typeof stepsOf> extends fc.Arbitrary<(infer T)[]> ? T : never

const limits = fc.record({
  maxSessions: fc.constantFrom(1, 2, 3, 5, 12, 40),
  maxSessionsPerOwner: fc.constantFrom(undefined, undefined, 1, 2, 3, 10),
})

async function keysIn(store: Store): Promise<Set<string>> {
  const keys = new Set<string>()
  let page = await store.list?.(undefined, 20)
  while (page) {
    for (const each of page.keys) keys.add(each)
    page = page.next === undefined ? undefined : await store.list?.(page.next, 20)
  }
  return keys
}

/** The store beside the model: what both answered is the same after each step, and what the store let go is what it may let go. */
class Trial {
  readonly model = new Model()
  readonly told: string[] = []
  readonly versions = new Set<string>()
  readonly store
  readonly max: number
  readonly perOwner: number
  #listing: { next: string | undefined; stays: Set<string> } | undefined

  constructor({ maxSessions, maxSessionsPerOwner }: { maxSessions: number; maxSessionsPerOwner: number | undefined }) {
    this.max = maxSessions
    this.perOwner = maxSessionsPerOwner ?? maxSessions
    const more = maxSessionsPerOwner === undefined ? {} : { maxSessionsPerOwner }
    this.store = memoryStore({ maxSessions, ...more, now: () => this.model.time, onEvict: (key) => void this.told.push(key) })
  }

  async run(step: Step): Promise<void> {
    this.told.length = 0
    await this.#carryOut(step)
    const there = await keysIn(this.store)
    const isSame = there.size === this.model.items.length && this.model.items.every(({ key }) => there.has(key))
    expect(isSame ? [] : [...there].sort()).toEqual(isSame ? [] : this.model.items.map(({ key }) => key).sort())
    expect(there.size).toBeLessThanOrEqual(this.max)
    for (const gone of this.#listing?.stays ?? []) if (!there.has(gone)) this.#listing?.stays.delete(gone)
  }

  #fresh(version: string | undefined): string {
    expect(version).toBeTypeOf('string')
    expect(this.versions).not.toContain(version)
    this.versions.add(version ?? '')
    return version ?? ''
  }

  async #carryOut(step: Step): Promise<void> {
    const { model, store } = this
    if (step.does === 'create') return this.#create(step)
    if (step.does === 'pass') model.time += step.span
    if (step.does === 'read') {
      const item = model.use(step.key)
      expect(await store.read(step.key)).toEqual(item && { record: item.record, version: item.version })
    }
    if (step.does === 'prune') {
      const before = model.time + step.span
      const expected = Math.min(step.limit, model.expired(before).length)
      expect(await store.prune(before, step.limit)).toBe(expected)
      await this.#followExpiry(before, expected)
    }
    if (step.does === 'listByOwner') {
      const keys = model.items.filter(({ record }) => record.owner === step.owner).map((item) => item.key)
      expect([...(await store.listByOwner(step.owner))].sort()).toEqual(keys.sort())
    }
    if (step.does === 'page') await this.#page(step.limit)
    if (step.does !== 'update' && step.does !== 'touch' && step.does !== 'delete') return
    const item = model.use(step.key)
    const version = step.right ? (item?.version ?? 'none') : 'another'
    const isRight = item !== undefined && step.right
    if (step.does === 'delete') {
      expect(await store.delete(step.key, version)).toBe(isRight)
      if (isRight) model.remove(item)
      return
    }
    const expiresAt = model.time + step.span
    if (step.does === 'touch') {
      expect(await store.touch(step.key, expiresAt, version)).toBe(isRight)
      if (isRight) item.record = { ...item.record, expiresAt: Math.max(expiresAt, item.record.expiresAt) }
      return
    }
    const record = this.#record('an owner that changes nothing', step.span, step.keep, 'changed')
    const next = await store.update(step.key, record, version)
    if (isRight) model.update(item, record, this.#fresh(next))
    else expect(next).toBeUndefined()
  }

  #record(owner: string | undefined, span: number, keep: number | undefined, data = 'data'): SessionRecord {
    const { time } = this.model
    const keepUntil = keep === undefined ? {} : { keepUntil: time + keep }
    return {
      data,
      ...(owner !== undefined && { owner }),
      createdAt: time,
      endsAt: time + 9_000,
      expiresAt: time + span,
      ...keepUntil,
    }
  }

  async #create({ key, owner, span, keep, from }: Extract<Step, { does: 'create' }>): Promise<void> {
    const { model, store } = this
    const record = this.#record(owner, span, keep)
    if (model.find(key)) {
      expect(await store.create(key, record, from)).toBeUndefined()
      expect(this.told).toEqual([])
      return
    }
    const newOwner = keep === undefined ? owner : undefined
    const answer = await store.create(key, record, from).catch((error: unknown) => error)
    const after = await keysIn(store)
    const expectedGone = Math.min(AT_EACH_CREATE, model.expired(model.time).length)
    // What goes for the limit may be expired too: it is counted first, as it is sure.
    const expired = model.expired(model.time).filter((item) => !after.has(item.key))
    const evicted: string[] = []
    const evict = (item: Item): void => {
      if (item.keepUntil === undefined && item.record.expiresAt > model.time) evicted.push(item.key)
      model.remove(item)
    }
    const extra = expired.length - expectedGone
    expect(extra).toBeGreaterThanOrEqual(0)
    model.removeExpired(this.#earliest(expired, expectedGone, after))
    while (newOwner !== undefined && model.goers(newOwner, from).length >= this.perOwner) {
      const [item] = model.goers(newOwner, from)
      if (item) evict(item)
    }
    if (model.items.length >= this.max) {
      const victims = model.victims(newOwner, from)
      if (victims.length === 0) {
        expect(answer).toMatchObject({ code: 'STORE_FAILED' })
        expect(after).not.toContain(key)
        expect(this.told).toEqual([])
        return
      }
      const gone = victims.find((item) => !after.has(item.key))
      expect(gone, `one of ${victims.map((item) => item.key)} goes`).toBeDefined()
      if (gone) evict(gone)
    }
    expect(answer).toBeTypeOf('string')
    model.add(key, record, this.#fresh(answer as string))
    const added = model.find(key)
    if (added) added.record = withoutKeep(record)
    expect(this.told).toEqual(evicted)
  }

  /** Which of those that are gone went because they had expired; of the same time any may have. */
  #earliest(gone: readonly Item[], count: number, after: ReadonlySet<string>): Item[] {
    const went = gone.toSorted((a, b) => a.record.expiresAt - b.record.expiresAt).slice(0, count)
    const last = went.at(-1)?.record.expiresAt ?? Number.NEGATIVE_INFINITY
    for (const item of this.model.expired(this.model.time))
      if (after.has(item.key)) expect(item.record.expiresAt).toBeGreaterThanOrEqual(last)
    return went
  }

  async #followExpiry(before: number, count: number): Promise<void> {
    const after = await keysIn(this.store)
    const gone = this.model.items.filter((item) => !after.has(item.key))
    expect(gone.length).toBe(count)
    const last = Math.max(...gone.map(({ record }) => record.expiresAt))
    expect(gone.every(({ record }) => record.expiresAt <= before)).toBe(true)
    this.model.removeExpired(gone)
    if (count > 0) for (const { record } of this.model.expired(before)) expect(record.expiresAt).toBeGreaterThanOrEqual(last)
  }

  /** A listing goes on while other things happen; at its end nothing that stayed is left. */
  async #page(limit: number): Promise<void> {
    this.#listing ??= { next: undefined, stays: new Set(this.model.items.map((item) => item.key)) }
    const { keys, next } = await this.store.list(this.#listing.next, limit)
    expect(keys.length).toBeLessThanOrEqual(limit)
    for (const each of keys) this.#listing.stays.delete(each)
    this.#listing.next = next
    if (next !== undefined) return
    expect([...this.#listing.stays]).toEqual([])
    this.#listing = undefined
  }
}

const withoutKeep = ({ keepUntil: _, ...record }: SessionRecord): SessionRecord => record

const CROWDS: Readonly<Record<string, ReturnType<typeof stepsOf>>> = {
  everybody: stepsOf(60, fc.constantFrom(undefined, undefined, undefined, ...OWNERS), short, 4),
  'a few people who are signed in and stay': stepsOf(16, fc.constantFrom(...OWNERS.slice(0, 4)), fc.constantFrom(90_000), 5),
  'more people who are signed in and stay': stepsOf(16, fc.constantFrom(...OWNERS), fc.constantFrom(90_000, 95_000), 20),
}

export const crowds: readonly string[] = Object.keys(CROWDS)

/** Plays this crowd so many times against the store and the model. */
export async function compare(crowd: string, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(limits, CROWDS[crowd] ?? fc.constant([]), async (options, steps) => {
      const trial = new Trial(options)
      for (const step of steps) await trial.run(step)
    }),
    scriptsDrawn(numRuns),
  )
}
