import { describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { scene } from '../../../test/helpers/persons.ts'
import { memoryStore } from '../../stores/memory.ts'

const store = () => memoryStore()

// Of three requests `sure-interleavings.slow.test.ts` has the others.
describe('promises 1, 2 and 8, and who acts as whom: two requests at once, in every order', () => {
  for (const letters of [
    'EW',
    'ED',
    'ER',
    'EE',
    'ES',
    'EI',
    'IW',
    'ID',
    'IR',
    'II',
    'IJ',
    'IS',
    'IB',
    'ij',
    'ii',
    'eR',
    'ee',
    'ei',
    'iR',
  ])
    it(letters, async () => {
      for (const together of [false, true]) await nothingBad(scene({ letters, store, together }), {})
    })
  for (const letters of ['OW', 'OD', 'OR', 'OO', 'OE', 'OB', 'oo', 'oR', 'oe', 'WD', 'EW', 'ED', 'RW'])
    it(`${letters}, in a session that acts as somebody else`, async () => {
      for (const together of [false, true]) await nothingBad(scene({ letters, store, together, asBob: true }), {})
    })
})

describe('with a process killed, and a call carried out twice, at each step', () => {
  for (const [letters, asBob] of [
    ['EW', false],
    ['IW', false],
    ['ID', false],
    ['OW', true],
    ['OD', true],
  ] as const)
    it(letters, async () => {
      await nothingBad(scene({ letters, store, asBob }), { kill: true })
      await nothingBad(scene({ letters, store, asBob }), { double: true })
    })
})

it('the search sees it if writes come along into the session of somebody else', async () => {
  // As by a release that does not know the difference.
  const careless = () => {
    const memory = memoryStore()
    const update: typeof memory.update = (key, record, version) =>
      memory.update(key, { ...record, data: record.data.replace('"kind":"switch"', '"kind":"regenerate"') }, version)
    return { ...memory, update }
  }
  const { bad } = await explored(scene({ letters: 'IW', store: careless }), {})
  expect(bad.join()).toMatch(/I1 has .*W2|saw the session of bob/)
})
