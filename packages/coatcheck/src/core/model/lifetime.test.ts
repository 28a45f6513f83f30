import { describe, expect, test } from 'vitest'
import { extended, type Lifetime, lifeFault, lifeUnder, newLifetime, type Policy, slideIsDue } from './lifetime.ts'

const policy: Policy = { idle: 100_000, absolute: 250_000 }
const lifetime = (createdAt: number, expiresAt: number, endsAt: number): Lifetime => ({ createdAt, expiresAt, endsAt })

describe('promise 5: a session lives', () => {
  const one = lifetime(1_000_000, 1_100_000, 1_250_000)
  test.each<[string, Lifetime, number, ReturnType<typeof lifeFault>]>([
    ['at its beginning', one, 1_000_000, undefined],
    ['a millisecond before its idle end', one, 1_099_999, undefined],
    ['not at its idle end', one, 1_100_000, 'idle-expired'],
    ['not after it', one, 1_200_000, 'idle-expired'],
    ['not at its absolute end, whatever the idle end says', { ...one, expiresAt: 1_250_000 }, 1_250_000, 'absolute-expired'],
    ['a millisecond before its absolute end', { ...one, expiresAt: 1_250_000 }, 1_249_999, undefined],
    ['60 seconds before it was made: clocks differ', one, 940_000, undefined],
    ['not longer before it was made', one, 939_999, 'clock-skew'],
  ])('%s', (_, which, now, fault) => {
    expect(lifeFault(which, now)).toBe(fault)
  })

  test.each<[string, Partial<Record<keyof Lifetime, unknown>>]>([
    ['missing', { expiresAt: undefined }],
    ['NaN', { endsAt: Number.NaN }],
    ['infinite', { endsAt: Number.POSITIVE_INFINITY }],
    ['below zero', { createdAt: -1 }],
    ['2^53', { endsAt: 2 ** 53 }],
    ['a text', { expiresAt: '1100000' }],
    ['an ISO date', { expiresAt: '2026-11-21T08:00:00Z' }],
    ['with a fraction', { expiresAt: 1_100_000.5 }],
    ['a Date', { expiresAt: new Date(1_100_000) }],
    ['an idle end after the absolute end', { expiresAt: 1_250_001 }],
    ['null', { createdAt: null }],
  ])('only by times that are times: %s is corrupt', (_, part) => {
    expect(lifeFault({ ...one, ...part } as Lifetime, 1_000_000)).toBe('corrupt')
  })
})

describe('promise 5: both ends', () => {
  test('are set when it begins, the idle end never past the absolute one', () => {
    expect(newLifetime(policy, 5)).toEqual({ createdAt: 5, expiresAt: 100_005, endsAt: 250_005 })
    expect(newLifetime({ idle: 300_000, absolute: 250_000 }, 5).expiresAt).toBe(250_005)
  })

  test('only the idle end moves, never back and never past the absolute one', () => {
    const one = lifetime(0, 100_000, 250_000)
    expect(extended(one, policy, 60_000)).toEqual(lifetime(0, 160_000, 250_000))
    expect(extended(one, policy, 0)).toEqual(one)
    expect(extended(one, policy, -50_000)).toEqual(one)
    expect(extended(lifetime(0, 200_000, 250_000), policy, 180_000)).toEqual(lifetime(0, 250_000, 250_000))
  })

  test.each<[string, Lifetime, number, boolean]>([
    ['not at once', lifetime(0, 100_000, 250_000), 0, false],
    ['not just before half the idle window', lifetime(0, 100_000, 250_000), 49_999, false],
    ['at half the idle window', lifetime(0, 100_000, 250_000), 50_000, true],
    ['after it', lifetime(0, 100_000, 250_000), 99_999, true],
    ['counted from the last slide', lifetime(0, 150_000, 250_000), 99_999, false],
    ['and half a window after that', lifetime(0, 150_000, 250_000), 100_000, true],
    ['in the last stretch, where the idle end meets the absolute one', lifetime(0, 230_000, 250_000), 180_000, true],
    ['not when it cannot move any more', lifetime(0, 250_000, 250_000), 249_000, false],
    ['not for a clock that went back', lifetime(0, 100_000, 250_000), -70_000, false],
  ])('a slide is due: %s', (_, which, now, due) => {
    expect(slideIsDue(which, policy, now)).toBe(due)
  })

  test.each([1, 7_000, 49_000, 50_000, 51_000, 99_000])(
    'whoever comes every %i ms stays until the absolute end and not a moment longer, with few slides',
    (step) => {
      let current = newLifetime(policy, 0)
      const slides: number[] = []
      let now = 0
      for (; !lifeFault(current, now); now += step) {
        if (!slideIsDue(current, policy, now)) continue
        current = extended(current, policy, now)
        slides.push(now)
      }
      expect(now, 'the first visit that was refused').toBe(Math.ceil(250_000 / step) * step)
      expect(slides.length).toBeLessThanOrEqual(4)
      slides.forEach((at, nth) => {
        expect(at - (slides[nth - 1] ?? 0)).toBeGreaterThanOrEqual(50_000)
      })
    },
  )
})

describe('S13: times that were made shorter', () => {
  const long: Policy = { idle: 1_000_000, absolute: 9_000_000 }
  const one = newLifetime(long, 0)

  test('cut the absolute end of sessions that began before, counted from their beginning', () => {
    expect(lifeUnder(one, {}, policy)).toEqual(lifetime(0, 250_000, 250_000))
    expect(lifeUnder(one, { since: 100_000 }, policy)).toEqual(lifetime(0, 350_000, 350_000))
    expect(lifeUnder(one, {}, long)).toBe(one)
    expect(lifeUnder(lifetime(0, 90_000, 250_000), {}, { ...policy, absolute: 100_000 })).toEqual(lifetime(0, 90_000, 100_000))
  })

  test('do not touch one with a time of its own, unless the site stated the absolute time', () => {
    expect(lifeUnder(one, { lasts: 5 }, policy)).toBe(one)
    expect(lifeUnder(one, { lasts: 5 }, { ...policy, fixed: true }).endsAt).toBe(250_000)
  })

  test('cut the idle end once it is seen', () => {
    expect(slideIsDue(one, policy, 10)).toBe(true)
    expect(extended(one, policy, 10)).toEqual(lifetime(0, 100_010, 9_000_000))
    // Clocks of two servers that differ do not move it to and fro.
    expect(slideIsDue(lifetime(0, 159_000, 250_000), policy, 0)).toBe(false)
  })
})
