import { expect } from 'vitest'
import { SessionError } from '../../src/errors.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Person, type Site, site } from './site.ts'

/** What is done to the engine, and what brings it back. */
export interface Fault {
  strike(): unknown
  heal(): unknown
  /** What the store's own error says while the engine is struck; left out where the engine just does not answer. */
  readonly says?: RegExp
}

const count = (person: Person): Promise<number> =>
  person.does((session) => session.update('n', (n) => Number(n ?? 0) + 1) as number)

async function failure(work: Promise<unknown>): Promise<SessionError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SessionError)
  return error as SessionError
}

/** Asks until it is answered; a client needs a moment to find its server again. Nothing else is done to bring it back. */
export async function whenBack<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries >= 4_000) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** With the time limit that a store has by default: 2 seconds a call. */
export const siteOver = (store: Store): Site => site({ store, now: Date.now })

/** What a request takes at most that reads, or reads and writes: two calls of 2 seconds, on a machine that is slow or busy. */
const PATIENCE = 100_000

/**
 * The story of two visitors whose store breaks and comes back: Bob's page is being made when it does, Ada comes meanwhile. Each gets
 * `STORE_FAILED`, in time, and their cookies stay as they were; afterwards everything that was acknowledged is there, and the same
 * process goes on.
 */
export async function outlives(store: Store, { strike, heal, says }: Fault): Promise<void> {
  const shop = siteOver(store)
  const ada = shop.person()
  const bob = shop.person()
  await ada.does((session) => session.signIn('ada'))
  for (let n = 1; n <= 3; n++) expect(await count(ada)).toBe(n)
  expect(await count(bob)).toBe(1)
  const tickets = [ada.ticket, bob.ticket]
  let struck = (): void => {}
  const isStruck = new Promise<void>((resolve) => {
    struck = resolve
  })
  const interrupted = failure(
    bob.does(async (session) => {
      session.update('n', (n) => Number(n ?? 0) + 1)
      try {
        await strike()
      } finally {
        struck()
      }
    }),
  )
  await isStruck
  const since = performance.now()
  try {
    for (const error of await Promise.all([interrupted, failure(count(ada))])) {
      expect(error.code).toBe('STORE_FAILED')
      if (says) expect(`${error.message} ${error.cause}`).toMatch(says)
    }
    expect(performance.now() - since).toBeLessThan(PATIENCE)
    expect([ada.ticket, bob.ticket]).toEqual(tickets)
    expect([...ada.browser.refused, ...bob.browser.refused]).toEqual([])
  } finally {
    await heal()
  }
  const { owner, n } = await whenBack(() => ada.does((session) => ({ owner: session.owner, n: Number(session.get('n')) })))
  expect(owner).toBe('ada')
  // A write that failed may or may not have been kept, or may land only now; one that was acknowledged has been kept.
  expect([3, 4]).toContain(n)
  expect([n + 1, 5]).toContain(await count(ada))
  expect([2, 3]).toContain(await count(bob))
  await ada.does((session) => session.signOut())
  expect(await ada.does((session) => session.owner)).toBeUndefined()
}

/** Many requests are under way when it happens: whatever was acknowledged is there afterwards, and nothing was counted twice. */
export async function losesNothing(store: Store, { strike, heal }: Fault): Promise<void> {
  const busy = siteOver(store)
  const people = Array.from({ length: 8 }, () => busy.person())
  for (const person of people) await count(person)
  const told = people.map(() => ({ acknowledged: 1, attempted: 1 }))
  let over = false
  const clicking = people.map(async (person, nth) => {
    const tally = told[nth]
    while (!over && tally) {
      tally.attempted++
      try {
        await count(person)
        tally.acknowledged++
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_FAILED' })
      }
    }
  })
  const sum = (): number => told.reduce((all, { acknowledged }) => all + acknowledged, 0)
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await until(() => sum() > 200)
  await strike()
  await heal()
  const before = sum()
  await until(() => sum() > before + 200)
  over = true
  await Promise.all(clicking)
  for (const [nth, person] of people.entries()) {
    const n = Number(await whenBack(() => person.does((session) => session.get('n'))))
    expect(n).toBeGreaterThanOrEqual(told[nth]?.acknowledged ?? 0)
    expect(n).toBeLessThanOrEqual(told[nth]?.attempted ?? 0)
  }
}
