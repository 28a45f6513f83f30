import { expect, it } from 'vitest'
import { propertiesOf } from './properties.ts'

interface State {
  name: string
}

const named = propertiesOf<State>({
  name: {
    enumerable: true,
    get: ({ name }) => name,
    set(state, next: string) {
      state.name = next
    },
  },
  length: { get: ({ name }) => name.length },
})

it('each object has its own, and is given back', () => {
  const [one, other] = [{}, {}]
  expect(named.put(one, { name: 'ada' })).toBe(one)
  named.put(other, { name: 'grace' })
  expect([one, other]).toEqual([{ name: 'ada' }, { name: 'grace' }])
  Object.assign(one, { name: 'alan' })
  expect([named.of(one)?.name, Reflect.get(one, 'length'), named.of(other)?.name]).toEqual(['alan', 4, 'grace'])
  expect(() => Object.assign(one, { length: 1 })).toThrow(TypeError)
})

it('what is not enumerable is not copied, nor is the way to the state', () => {
  const copy = { ...named.put({}, { name: 'ada' }) }
  expect(Reflect.ownKeys(copy)).toEqual(['name'])
  expect(named.of(copy)).toBeUndefined()
})

it('an object that inherits from one, and a proxy of one, show the same', () => {
  const one = named.put({}, { name: 'ada' })
  for (const like of [Object.create(one), new Proxy(one, {})]) expect(like.name).toBe('ada')
})

it('may be put again, with another state', () => {
  const one = named.put({}, { name: 'ada' })
  named.put(one, { name: 'grace' })
  expect(one).toEqual({ name: 'grace' })
})

it('an object that takes no more is refused', () => {
  expect(() => named.put(Object.freeze({}), { name: 'ada' })).toThrow(TypeError)
})
