import { describe, expect, it } from 'vitest'
import { isPrivate, keyName, preview, typeOf } from './redact.ts'

describe('what is shown of values', () => {
  it('is form, numbers and times, and no text: where nothing else was said', () => {
    const cart = { items: [{ sku: 'HAT-7', count: 2 }], at: new Date(0), gift: true, note: undefined }
    expect(preview(cart, ['cart'], 'strings')).toBe(
      '{ items: [ { sku: ‹5 characters›, count: 2 } ], at: 1970-01-01T00:00:00.000Z, gift: true, note: undefined }',
    )
    expect(preview(new Map([['ada', 1n]]), ['seen'], 'strings')).toBe('Map(1) [ ‹3 characters› => ‹hidden› ]')
    expect(preview(new Set([1, 2]), ['seen'], 'strings')).toBe('Set(2) [ 1, 2 ]')
    expect(preview(new Uint8Array(16), ['picture'], 'names')).toBe('‹16 bytes›')
    expect(preview(new URL('https://a.test/?token=1'), ['back'], 'strings')).not.toContain('token')
  })

  it('is text as well by the rule of names, but for what a name says is private', () => {
    const user = { language: 'de', accessToken: 'abc', otp: 482913, home: { street: 'Inkpot Lane' }, hasPassword: true }
    expect(preview(user, ['user'], 'names')).toBe(
      '{ language: "de", accessToken: ‹3 characters›, otp: ‹hidden›, home: { street: ‹11 characters› }, hasPassword: true }',
    )
    expect(preview({ anything: { at: 'all' } }, ['secrets'], 'names')).toBe('‹hidden›')
  })

  it('is what a function lets through, never what a name says is private', () => {
    const asked: string[] = []
    const rule = (path: readonly string[], value: unknown) => {
      asked.push(path.join('.'))
      return value === 'de'
    }
    expect(preview({ language: 'de', theme: 'dark', password: 'x' }, ['user'], rule)).toBe(
      '{ language: ‹2 characters›, theme: "dark", password: ‹1 characters› }',
    )
    expect(asked).toEqual(['user', 'user.language', 'user.theme'])
    // A rule that forgets to answer hides.
    expect(preview('x', ['theme'], (() => undefined) as unknown as () => boolean)).toBe('‹1 characters›')
  })

  it.each(['password', 'apiToken', 'API_KEY', 'refresh-token2', 'eMail', 'csrf', 'coatcheck.csrf', 'billingAddress', 'keys'])(
    'counts %s as private',
    (name) => expect(isPrivate(name)).toBe(true),
  )

  it.each(['cart', 'language', 'keyboard', 'passenger', 'authorName', 'tokenizerless', 'views'])('does not count %s', (name) =>
    expect(isPrivate(name)).toBe(false),
  )

  it('names no key that may be data itself', () => {
    expect([keyName('cart.items'), keyName('oauth:state')]).toEqual(['cart.items', 'oauth:state'])
    expect(keyName('ada@example.com')).toBe('‹name of 15 characters›')
    expect(keyName('9f8e7d6c5b4a39281706')).toBe('‹name of 20 characters›')
    expect(keyName('4917612345678')).toBe('‹name of 13 characters›')
  })

  it('ends, however much there is', () => {
    let deep: unknown = 1
    for (let level = 0; level < 400; level++) deep = { deep, list: [deep] }
    expect(preview(deep, ['deep'], 'names').length).toBeLessThan(3000)
    expect(preview(Array.from({ length: 1e6 }, Number), ['list'], 'names')).toContain('… 999988 more')
    expect(preview('x'.repeat(1e6), ['text'], 'names').length).toBeLessThan(200)
  })

  it('goes with a type and a count', () => {
    const values = ['a', 1, null, [1, 2], { a: 1 }, new Map(), new Date(0), new Uint8Array(2), undefined]
    expect(values.map(typeOf)).toEqual([
      ...['string', 'number', 'null', 'list of 2', 'object of 1', 'Map of 0', 'Date', 'Uint8Array', 'undefined'],
    ])
  })
})
