import { expect, test } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'

const clock = clockFrom()
const kinds = [{}, { clock, store: memoryStore({ now: clock.now }) }]

test.each(kinds)('a note stands beside the values, through writes, a new id and a sign-in', async (options) => {
  const ada = site(options).person()
  await ada.does((session) => {
    const device = { device: 'Firefox on Linux', place: { city: 'Łódź' } }
    session.note(device)
    device.place.city = 'changed since'
    expect(session.note()).toEqual({ device: 'Firefox on Linux', place: { city: 'Łódź' } })
    expect(session.keys()).toEqual([])
  })
  const kept = { device: 'Firefox on Linux', place: { city: 'Łódź' } }
  expect(await ada.does((session) => session.note()), 'also of a guest who stored nothing else').toEqual(kept)
  await ada.does((session) => session.set('a', 1))
  await ada.does((session) => session.signIn('ada'))
  await ada.does((session) => session.regenerateId())
  const shown = await ada.does((session) => session.note() as typeof kept)
  shown.place.city = 'not stored'
  expect(await ada.does((session) => [session.note(), session.keys()])).toEqual([kept, ['a']])
  await ada.does((session) => session.note({ device: 'new' }))
  expect(await ada.does((session) => session.note()), 'the whole note is replaced').toEqual({ device: 'new' })
  await ada.does((session) => {
    session.note({})
    expect(session.note()).toBeUndefined()
  })
  expect(await ada.does((session) => session.note())).toBeUndefined()
  await ada.does((session) => session.note({ device: 'again' }))
  await ada.does((session) => session.signOut())
  expect(await ada.does((session) => [session.isNew, session.note()])).toEqual([true, undefined])
})

test('of parallel requests the last note wins, and takes no value of the others along', async () => {
  const { person } = site(kinds[1])
  const ada = person()
  await ada.does((session) => session.set('a', 1))
  const slow = await ada.begins((session) => session.note({ device: 'slow' }))
  await ada.does((session) => session.set('b', 1))
  slow.arrive()
  await ada.does((session) => session.set('c', 1))
  expect(await ada.does((session) => [session.note(), session.keys()])).toEqual([{ device: 'slow' }, ['a', 'b', 'c']])
})

test.each<[string, unknown]>([
  ['over 1024 bytes', { a: 'x'.repeat(1017) }],
  ['over 1024 bytes of UTF-8', { a: 'ü'.repeat(600) }],
  ['a text', 'Firefox'],
  ['a list', ['Firefox']],
  ['null', null],
  ['a function', () => {}],
  ['a circle', circle()],
  ['a BigInt', { a: 1n }],
  ['what is nested deeply', JSON.parse(`{"a":${'['.repeat(400)}${']'.repeat(400)}}`)],
])('%s is no note', async (_, fields) => {
  const ada = site().person()
  await ada.does((session) => expect(() => session.note(fields as never)).toThrow(/1024 bytes/))
  expect(await ada.does((session) => session.isNew)).toBe(true)
})

function circle(): object {
  const one: { self?: object } = {}
  one.self = one
  return one
}

test('one of 1024 bytes is', async () => {
  const ada = site().person()
  await ada.does((session) => session.note({ a: 'x'.repeat(1016) }))
  expect(await ada.does((session) => (session.note() as { a: string }).a.length)).toBe(1016)
})
