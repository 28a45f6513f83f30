import { describe, it } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { scene } from '../../../test/helpers/persons.ts'
import { memoryStore } from '../../stores/memory.ts'

const store = () => memoryStore()

describe('who acts as whom: three requests at once, with at most two of them made to wait', () => {
  for (const letters of ['EWD', 'EIW', 'ERW', 'IWD', 'IWW', 'IJW', 'IRD', 'ESW'])
    it(letters, () => nothingBad(scene({ letters, store }), { maxPreemptions: 2 }))
  for (const letters of ['OWD', 'OWW', 'ORW', 'OED'])
    it(`${letters}, in a session that acts as somebody else`, () =>
      nothingBad(scene({ letters, store, asBob: true }), { maxPreemptions: 2 }))
})

describe('with a process killed, and a call carried out twice, at each step', () => {
  for (const letters of ['EE', 'ER', 'ES', 'EI', 'II', 'IJ', 'IR', 'IS'])
    it(letters, async () => {
      await nothingBad(scene({ letters, store }), { kill: true })
      await nothingBad(scene({ letters, store }), { double: true })
    })
})
