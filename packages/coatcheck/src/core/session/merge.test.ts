import { describe, expect, test } from 'vitest'
import { clockFrom, HOUR, MINUTE } from '../../../test/helpers/clock.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { SECRET, site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { Merge } from './merge.ts'

const union: Merge = ({ cart: guest = [] }, { cart: existing = [] }) => ({
  cart: [...new Set([...(existing as string[]), ...(guest as string[])])],
})

function open() {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  return { store, ...site({ clock, store }) }
}

describe('a guest who signs in, with something in the cart', () => {
  test('gets the cart of that session of theirs that was written last beside it', async () => {
    const { clock, person } = open()
    const [phone, tablet, laptop] = [person(), person(), person()]
    for (const [each, article] of [
      [phone, 'scarf'],
      [tablet, 'coat'],
    ] as const) {
      await each.does((session) => {
        session.signIn('ada')
        session.set('cart', [article])
        session.set('theme', article)
      })
      clock.advance(MINUTE)
    }
    await phone.does((session) => session.update('cart', (cart) => [...(cart as string[]), 'glove']))
    await laptop.does((session) => {
      session.set('cart', ['hat'])
      session.set('seen', 1)
    })
    const shown = await laptop.does(async (session) => {
      session.update('cart', (cart) => [...(cart as string[]), 'shoe'])
      session.signIn('ada', { merge: union })
      return session.get('cart')
    })
    expect(shown, 'it is put together when it is stored').toEqual(['hat', 'shoe'])
    expect(await laptop.does((session) => ({ ...session.data }))).toEqual({
      cart: ['scarf', 'glove', 'hat', 'shoe'],
      seen: 1,
    })
    expect(await phone.does((session) => session.get('cart')), 'which keeps its own').toEqual(['scarf', 'glove'])
  })

  test('keeps the own one where there is no other session, or none that lives', async () => {
    const { clock, person } = open()
    let runs = 0
    const merge: Merge = () => {
      runs++
      return { cart: [] }
    }
    const laptop = person()
    await laptop.does((session) => session.set('cart', ['hat']))
    await laptop.does((session) => session.signIn('ada', { merge }))
    expect(await laptop.does((session) => session.get('cart'))).toEqual(['hat'])
    await laptop.does((session) => session.signIn('ada', { merge }))
    clock.advance(8 * 24 * HOUR)
    const again = person()
    await again.does((session) => session.signIn('ada', { merge }))
    await again.does((session) => session.regenerateId())
    await again.does((session) => session.signOut())
    await again.does((session) => session.signIn('ada', { merge }))
    expect(runs, 'nor for who was signed in, nor with what has ended').toBe(0)
  })

  test('who comes without a session, or after somebody else, begins with what merge makes of theirs', async () => {
    const { person } = open()
    const [phone, laptop, shared] = [person(), person(), person()]
    await phone.does((session) => {
      session.signIn('ada')
      session.set('cart', ['scarf'])
    })
    await laptop.does((session) => session.signIn('ada', { merge: union }))
    expect(await laptop.does((session) => session.get('cart'))).toEqual(['scarf'])
    await shared.does((session) => {
      session.signIn('bob')
      session.set('cart', ['of bob'])
    })
    await shared.does((session) => session.signIn('ada', { merge: union }))
    expect(await shared.does((session) => session.get('cart'))).toEqual(['scarf'])
  })

  test('is never given what support left while acting as them', async () => {
    const { person } = open()
    const [eve, ada] = [person(), person()]
    await eve.does((session) => session.signIn('eve'))
    await eve.does((session) => {
      session.impersonate('ada')
      session.set('cart', ['of eve'])
    })
    await ada.does((session) => session.signIn('ada', { merge: union }))
    expect(await ada.does((session) => session.get('cart'))).toBeUndefined()
  })

  test('and another request writes meanwhile: it is run again, and nothing of the cart is lost', async () => {
    const { person, store } = open()
    const [phone, laptop] = [person(), person()]
    await phone.does((session) => {
      session.signIn('ada')
      session.set('cart', ['scarf'])
    })
    await laptop.does((session) => session.set('cart', ['hat']))
    const guests: unknown[] = []
    const held = gate()
    const signingIn = laptop.begins(async (session) => {
      session.signIn('ada', {
        merge: (guest, existing) => {
          guests.push(guest.cart)
          return union(guest, existing)
        },
      })
      await held.pass()
    })
    await held.reached
    await laptop.thief().does((session) => session.update('cart', (cart) => [...(cart as string[]), 'shoe']))
    held.open()
    const { arrive } = await signingIn
    arrive()
    expect(await laptop.does((session) => session.get('cart'))).toEqual(['scarf', 'hat', 'shoe'])
    expect(guests.at(-1)).toEqual(['hat', 'shoe'])
    expect((await store.list(undefined, 10)).keys.length).toBeGreaterThan(1)
  })

  test('in the same request sees what was put together once it is stored', async () => {
    const { clock, store } = open()
    const { adapter, presenting } = detached({ clock, store })
    const phone = adapter.detached(presenting())
    const there = await phone.open()
    there.signIn('ada')
    there.set('cart', ['scarf'])
    await phone.commit()
    const laptop = adapter.detached(presenting())
    const session = await laptop.open()
    session.set('cart', ['hat'])
    expect(session.get('cart')).toEqual(['hat'])
    session.signIn('ada', { merge: union })
    await laptop.commit()
    expect(session.get('cart')).toEqual(['scarf', 'hat'])
    session.update('cart', (cart) => [...(cart as string[]), 'shoe'])
    await laptop.commit()
    expect(session.get('cart')).toEqual(['scarf', 'hat', 'shoe'])
  })
})

describe('what goes wrong', () => {
  test('a merge that throws, or returns no values: nobody is signed in, and nothing is stored', async () => {
    const { person } = open()
    const [phone, laptop] = [person(), person()]
    await phone.does((session) => session.signIn('ada'))
    await laptop.does((session) => session.set('cart', ['hat']))
    for (const [merge, what] of [
      [() => boom(), 'boom'],
      [async () => ({}), 'no object of values'],
      [() => 7, 'no object of values'],
      [() => ({ '': 1 }), 'non-empty'],
      [() => ({ cart: () => {} }), 'cannot be stored'],
    ] as const)
      await expect(laptop.does((session) => session.signIn('ada', { merge: merge as never }))).rejects.toThrow(what)
    expect(await laptop.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, ['hat']])
  })

  test('without a store that lists an owner’s sessions it cannot be asked for', async () => {
    const { listByOwner: _, ...store } = memoryStore()
    for (const options of [{}, { store }]) {
      const ada = site(options).person()
      await expect(ada.does((session) => session.signIn('ada', { merge: union }))).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
      expect(await ada.does((session) => session.owner)).toBeUndefined()
    }
  })

  test('a store that does not answer: nobody is signed in', async () => {
    const clock = clockFrom()
    const memory = memoryStore({ now: clock.now })
    const store = { ...memory, listByOwner: () => Promise.reject(new Error('down')) }
    const ada = site({ clock, store }).person()
    await expect(ada.does((session) => session.signIn('ada', { merge: union }))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })
})

function detached({ clock, store }: Pick<ReturnType<typeof open>, 'clock' | 'store'>) {
  const options = { secrets: SECRET, store, now: clock.now, header: 'x-ticket', cookie: false } as const
  const adapter = adapterOf(sessionsOf<Record<string, unknown>, object>(options))
  return { adapter, presenting: (ticket = '') => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) }) }
}

function boom(): never {
  throw new Error('boom')
}
