import { expect, test } from 'vitest'
import { Entry } from './codec.ts'
import { type Contents, EMPTY } from './contents.ts'
import { beside, impersonated, impersonatorOf, noteOf, released } from './standing.ts'

const own: Contents = {
  ...EMPTY,
  owner: 'eve',
  values: new Map([['code', Entry.of(new Map([[1, 2]]), 'code', 5000)]]),
  flash: new Map([['notice', { id: 'f1', entry: Entry.of('hi', 'notice') }]]),
}

test('what waits beside an impersonated session comes back byte for byte: values, their ends, flash values', () => {
  const bob = impersonated(own, 'bob')
  expect([bob.values.size, bob.flash.size, bob.owner, impersonatorOf(bob)]).toEqual([0, 0, 'bob', 'eve'])
  const back = released(bob)
  expect(back?.values.get('code')?.equals(own.values.get('code'))).toBe(true)
  expect(back?.flash.get('notice')?.id).toBe('f1')
  expect([back?.owner, back?.more]).toEqual(['eve', {}])
})

test('what waits and cannot be read is not taken for an empty session', () => {
  const bob = impersonated(own, 'bob')
  for (const session of ['', '{', '{"format":9}', '{"format":1}'])
    expect(released(beside(bob, { impersonator: { owner: 'eve', session } }))).toBeUndefined()
  expect(released(own)).toBeUndefined()
})

test('a field that is undefined is removed, and nobody’s contents are changed', () => {
  const one = beside(EMPTY, { a: 1, note: { b: 2 } })
  expect(beside(one, { a: undefined }).more).toEqual({ note: { b: 2 } })
  const note = noteOf(one) as { b: number }
  note.b = 3
  expect([one.more, EMPTY.more]).toEqual([{ a: 1, note: { b: 2 } }, {}])
})
