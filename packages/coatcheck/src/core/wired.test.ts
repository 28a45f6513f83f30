import { describe, expect, test } from 'vitest'
import { COOKIE, site } from '../../test/helpers/site.ts'
import type { Wire } from '../foreign/format.ts'
import { wiredKeeper } from './wired.ts'

/** A library that writes what it holds into the cookie, with nothing to prove it. */
const open: Wire = {
  format: 'open',
  write: ({ values, flash = {}, createdAt, expiresAt }) =>
    `open.${Buffer.from(JSON.stringify({ values, flash, createdAt, expiresAt })).toString('base64url')}`,
  read(value) {
    const text = /^open\.([\w-]+)$/.exec(value)?.[1]
    return text === undefined ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString())
  },
}

describe('a session in another library’s cookie', () => {
  const make = () => site({ keeper: wiredKeeper(open) })
  const held = (ticket = '') => JSON.parse(Buffer.from(ticket.slice('open.'.length), 'base64url').toString())

  test('is written as that library writes it, and read again', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => {
      session.set('cart', ['hat'])
      session.flash('message', 'hello')
    })
    expect(held(ada.ticket)).toMatchObject({ values: { cart: ['hat'] }, flash: { message: 'hello' }, createdAt: s.clock.now() })
    expect(await ada.does((session) => [session.get('cart'), session.flash('message')])).toEqual([['hat'], 'hello'])
    expect(await ada.does((session) => [session.get('cart'), session.flash('message')])).toEqual([['hat'], undefined])
  })

  test('ends with a sign-out, and belongs to whoever signed in', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => session.owner)).toBe('ada')
    await ada.does((session) => session.destroy())
    expect(ada.ticket).toBeUndefined()
  })

  test('is over when the cookie says so', async () => {
    const s = make()
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['hat']))
    s.clock.advance(31 * 86_400)
    const headers = { cookie: `${COOKIE}=${open.write({ values: { a: 1 }, id: 'x', createdAt: 0, expiresAt: 1, now: 0 })}` }
    expect(await s.person().does((session) => session.isNew, { headers })).toBe(true)
  })

  test('may also come as a sealed ticket of ours, and goes on as that library writes it', async () => {
    const both = make()
    const sealing = site({ clock: both.clock })
    const ada = sealing.person()
    await ada.does((session) => session.set('cart', ['hat']))
    const there = both.person()
    there.browser.plant(`${COOKIE}=${ada.ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
    await there.does((session) => (session.get('cart') as string[]).push('coat'))
    expect(held(there.ticket).values).toEqual({ cart: ['hat', 'coat'] })
    const opened = site({ clock: both.clock, foreign: [open] }).person()
    opened.browser.plant(`${COOKIE}=${there.ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
    expect(await opened.does((session) => session.get('cart'))).toEqual(['hat', 'coat'])
  })

  test('is a stranger’s when the cookie is none of that library’s', async () => {
    const s = make()
    expect(await s.person().does((session) => session.isNew, { headers: { cookie: `${COOKIE}=nonsense` } })).toBe(true)
    expect(s.refusals).toEqual(['unknown-version'])
  })
})
