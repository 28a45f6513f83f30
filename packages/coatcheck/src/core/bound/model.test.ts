import { expect, test } from 'vitest'
import { FAULTS, type Fault, STORIES, search } from '../../../test/trials/bound-model.ts'

const all = (fault: Fault) => STORIES.map((story) => ({ ...search(story, fault), name: story.name }))
const sum = (found: readonly { readonly states: number }[]) => found.reduce((total, { states }) => total + states, 0)

test('no order of registration, refresh, moves and ends locks the browser out, lets a planted key in or copied cookies count', () => {
  const found = all(undefined)
  expect(found.filter(({ wrong }) => wrong.length > 0).map(({ name, wrong }) => [name, wrong])).toEqual([])
  expect([STORIES.length, sum(found)]).toEqual([20, 15_371])
})

test.each(FAULTS)('the search finds an engine that is wrong: %s', (fault) => {
  expect(all(fault).filter(({ wrong }) => wrong.length > 0).length).toBeGreaterThan(0)
})
