import { createCookieSessionStorage as createTheirCookies } from '@remix-run/session/cookie-storage'
import { createMemorySessionStorage as createTheirMemory } from '@remix-run/session/memory-storage'
import { createRedisSessionStorage as createTheirRedis } from '@remix-run/session-storage-redis'
import {
  type Arbitrary,
  constant,
  constantFrom,
  assert as hold,
  integer,
  array as list,
  oneof,
  pre,
  asyncProperty as property,
  record,
} from 'fast-check'
import { expect } from 'vitest'
import { createCookieSessionStorage, createMemorySessionStorage, createRedisSessionStorage } from '../../src/adapters/remix3.ts'
import { scriptsDrawn } from '../helpers/depth.ts'
import { SECRET } from '../helpers/site.ts'

// One script of calls, on Remix 3's own package and on ours: what an application and a browser see of it.

/** What both have in common. */
export interface Session {
  get(key: string): unknown
  set(key: string, value: unknown): void
  unset(key: string): void
  flash(key: string, value: unknown): void
  has(key: string): boolean
  regenerateId(deleteOldSession?: boolean): void
  destroy(): void
  readonly id: string
  readonly size: number
  readonly dirty: boolean
  readonly destroyed: boolean
  readonly data: unknown
  readonly deleteId: string | undefined
}
export interface Storage {
  read(value: string | null): Promise<Session>
  save(session: Session): Promise<string | null>
}

export type Call =
  | { readonly call: 'get' | 'has' | 'unset'; readonly key: string }
  | { readonly call: 'set' | 'flash' | 'push'; readonly key: string; readonly value: unknown }
  | { readonly call: 'regenerateId'; readonly deletes: boolean }
  | { readonly call: 'destroy' | 'look' }

export interface Visit {
  readonly calls: readonly Call[]
  readonly cookie: 'kept' | 'lost'
}

export const keys: Arbitrary<string> = constantFrom('a', 'b', 'message')
const values = oneof(integer({ min: 0, max: 2 }), constantFrom('', 'x', null, false, [1], { n: 1 }), constant(undefined))
export const calls: Arbitrary<Call> = oneof(
  { weight: 4, arbitrary: record({ call: constantFrom('set' as const, 'flash' as const), key: keys, value: values }) },
  { weight: 3, arbitrary: record({ call: constantFrom('get' as const, 'has' as const, 'unset' as const), key: keys }) },
  { weight: 1, arbitrary: record({ call: constant('regenerateId' as const), deletes: constantFrom(true, false) }) },
  { weight: 1, arbitrary: record({ call: constantFrom('destroy' as const, 'look' as const) }) },
)
const visits = list(
  record({
    calls: list(calls, { maxLength: 5 }),
    cookie: constantFrom('kept' as const, 'kept' as const, 'kept' as const, 'lost' as const),
  }),
  { minLength: 1, maxLength: 5 },
)

/** What the application is told, in order. Ids are random: what is seen of one is whether it is there and has changed. */
export function play(session: Session, script: readonly Call[]): unknown[] {
  const seen: unknown[] = []
  for (const step of script) {
    const before = session.id
    try {
      if (step.call === 'get' || step.call === 'has') seen.push(session[step.call](step.key))
      else if (step.call === 'unset') session.unset(step.key)
      else if (step.call === 'set' || step.call === 'flash') session[step.call](step.key, step.value)
      else if (step.call === 'regenerateId') session.regenerateId(step.deletes)
      else if (step.call === 'push') (session.get(step.key) as unknown[]).push(step.value)
      else if (step.call === 'destroy') session.destroy()
    } catch (error) {
      seen.push(`throws: ${(error as Error).message.split('.')[0]}`)
    }
    const { size, dirty, destroyed, deleteId, data } = session
    seen.push({ size, dirty, destroyed, deleteId: deleteId !== undefined, isNewId: session.id !== before, data: json(data) })
  }
  return seen
}

export const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

export interface Told {
  readonly opened: unknown
  readonly seen: readonly unknown[]
  readonly hadCookie: boolean
  readonly isEmpty: boolean
  readonly cookie: string
}

/** A browser with one cookie; what the application saw in each request, and what became of the cookie. */
export async function visited(storage: Storage, script: readonly Visit[], isById = false): Promise<Told[]> {
  const story: Told[] = []
  let value: string | null = null
  for (const { calls: steps, cookie } of script) {
    if (cookie === 'lost') value = null
    const session = await storage.read(value)
    const opened = { size: session.size, data: json(session.data), dirty: session.dirty, hasId: session.id !== '' }
    const seen = play(session, steps)
    const saved = await storage.save(session)
    const isEmpty = JSON.stringify(session.data) === '[{},{}]'
    // The same value again changes nothing in the browser, nor does another seal of the same content: what it holds is seen next time.
    const isGiven = saved !== null && saved !== value && (isById || value === null)
    const became = saved === '' ? 'removed' : isGiven ? 'given' : 'as it was'
    story.push({ opened, seen, hadCookie: value !== null, isEmpty, cookie: became })
    if (saved !== null) value = saved === '' ? null : saved
  }
  return story
}

/** Whether a script meets what is listed, going by what theirs does. */
function isListed(script: readonly Visit[], story: readonly Told[]): boolean {
  const undefinedFlash = script.some((visit) => visit.calls.some((step) => step.call === 'flash' && step.value === undefined))
  return undefinedFlash || story.some(({ hadCookie, isEmpty, cookie }) => !hadCookie && isEmpty && cookie === 'given')
}

export const kinds: Record<string, () => { theirs: Storage; ours: Storage }> = {
  'in the cookie': () => ({
    theirs: createTheirCookies() as unknown as Storage,
    ours: createCookieSessionStorage({ secrets: [SECRET] }) as unknown as Storage,
  }),
  'in memory': () => ({
    theirs: createTheirMemory() as unknown as Storage,
    ours: createMemorySessionStorage() as unknown as Storage,
  }),
  'in Redis': () => ({
    theirs: createTheirRedis(redis(), { ttl: 60 }) as unknown as Storage,
    ours: createRedisSessionStorage(redis(), { ttl: 60 }) as unknown as Storage,
  }),
  'in Redis, upstream': () => ({
    theirs: createTheirRedis(redis()) as unknown as Storage,
    ours: createRedisSessionStorage(redis(), { format: 'upstream' }) as unknown as Storage,
  }),
}

/** No Redis: what the calls of a client do. */
function redis(): Parameters<typeof createTheirRedis>[0] {
  const records = new Map<string, string>()
  return {
    get: async (key) => records.get(key) ?? null,
    set: async (key, value) => void records.set(key, value),
    setEx: async (key, _, value) => void records.set(key, value),
    del: async (key) => void records.delete(key),
  }
}

/** Plays so many scripts on both: an application and a browser see the same. */
export async function compare(kind: string, runs: number): Promise<void> {
  const make = kinds[kind] ?? expect.fail(`no ${kind}`)
  const isById = kind !== 'in the cookie'
  let played = 0
  const warn = console.warn
  console.warn = () => undefined // Theirs says that a cookie cannot be revoked.
  try {
    await hold(
      property(visits, async (script) => {
        const { theirs, ours } = make()
        const story = await visited(theirs, script, isById)
        pre(!isListed(script, story))
        expect(await visited(ours, script, isById)).toEqual(story)
        played++
      }),
      scriptsDrawn(runs),
    )
  } finally {
    console.warn = warn
  }
  expect(played).toBe(runs)
}
