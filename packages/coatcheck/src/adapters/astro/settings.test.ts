import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOptionsOf, type Settings } from './settings.ts'

const DAY = 86_400
const SECRETS: Readonly<Record<string, string>> = { COATCHECK_SECRET: 'one', NEW: 'new', OLD: 'old' }

const optionsOf = (settings: Partial<Settings> = {}, secrets = SECRETS) =>
  adapterOptionsOf(
    { cookie: { name: 'astro-session' }, formerCookie: 'astro-session', isProduction: true, ...settings },
    { secretOf: (name) => secrets[name], store: memoryStore(), more: undefined },
  )

describe('what Astro and the integration were told, in the engine’s words', () => {
  test('the cookie is Astro’s: it ends with the browser, and is secure in production', () => {
    expect(optionsOf().cookie).toEqual({ name: 'astro-session', secure: true, sameSite: 'lax', persistent: false })
    expect(optionsOf({ isProduction: false }).cookie).toMatchObject({ secure: false })
    expect(optionsOf({ isProduction: false, cookie: { secure: true } }).cookie).toMatchObject({ secure: true })
  })

  test('sameSite may be true and false, as in Astro', () => {
    expect(optionsOf({ cookie: { sameSite: true } }).cookie).toMatchObject({ sameSite: 'strict' })
    expect(optionsOf({ cookie: { sameSite: false } }).cookie).toMatchObject({ sameSite: 'lax' })
    expect(optionsOf({ cookie: { sameSite: 'none' } }).cookie).toMatchObject({ sameSite: 'none' })
  })

  test('maxAge is how long a session lasts unused, and makes the cookie last', () => {
    expect(optionsOf({ cookie: { maxAge: 60 } })).toMatchObject({ idleTimeout: 60, cookie: { persistent: true } })
    expect(optionsOf({ cookie: { maxAge: 90 * DAY } })).toMatchObject({ idleTimeout: 90 * DAY, absoluteTimeout: 400 * DAY })
    expect(optionsOf({ cookie: { maxAge: 60 }, idleTimeout: 120 })).toMatchObject({ idleTimeout: 120 })
  })

  test('a session lasts as long as its values may', () => {
    expect(optionsOf()).toMatchObject({ idleTimeout: 7 * DAY, absoluteTimeout: 30 * DAY })
    expect(optionsOf({ ttl: 60 })).toMatchObject({ idleTimeout: 7 * DAY, absoluteTimeout: 30 * DAY })
    expect(optionsOf({ ttl: 50 * DAY })).toMatchObject({ idleTimeout: 50 * DAY, absoluteTimeout: 50 * DAY })
    expect(optionsOf({ ttl: 1000 * DAY })).toMatchObject({ idleTimeout: 400 * DAY, absoluteTimeout: 400 * DAY })
  })

  test('D19: `secrets` that are undefined are refused in production, beside a store too', () => {
    const told = (isProduction: boolean, secretOf = (_: string): string | undefined => undefined) =>
      adapterOptionsOf(
        { cookie: {}, formerCookie: 'astro-session', isProduction },
        { secretOf, store: memoryStore(), more: { secrets: undefined } },
      )
    expect(() => told(true)).toThrow(/The `secrets` of the settings of coatcheck\(\) are undefined.*COATCHECK_SECRET/)
    expect(told(false)).toMatchObject({ secretRule: 'warn' })
    expect(told(true, () => 'one')).toMatchObject({ secrets: ['one'] })
  })

  test('secrets come from the variables that are named, in their order', () => {
    expect(optionsOf().secrets).toEqual(['one'])
    expect(optionsOf({ secretNames: 'NEW' }).secrets).toEqual(['new'])
    expect(optionsOf({ secretNames: ['NEW', 'OLD'] }).secrets).toEqual(['new', 'old'])
    expect('secrets' in optionsOf({}, {})).toBe(false)
    expect(() => optionsOf({ secretNames: ['NEW', 'NONE'] })).toThrow(/The variable NONE.* is not set/)
  })
})
