import { expect, test } from 'vitest'
import type { Plan } from '../model/plan.ts'
import { planCommit, type Situation } from './commit.ts'

const situation = (what: string): Situation => {
  const words = what.split(' ')
  const has = (word: string) => words.includes(word)
  return {
    loaded: has('held'),
    ended: has('ended'),
    changed: has('changed'),
    rotation: has('moves') || has('signsIn'),
    signsIn: has('signsIn'),
    slideIsDue: has('slide'),
  }
}

test.each<[string, Plan]>([
  ['', 'nothing'],
  ['slide', 'nothing'],
  ['changed', 'create'],
  ['signsIn', 'create'],
  ['signsIn changed', 'create'],
  ['moves', 'nothing'],
  ['moves changed', 'create'],
  ['ended', 'nothing'],
  ['ended changed', 'create'],
  ['ended signsIn', 'create'],
  ['held', 'nothing'],
  ['held slide', 'touch'],
  ['held changed', 'update'],
  ['held changed slide', 'update'],
  ['held moves', 'regenerate'],
  ['held moves changed slide', 'regenerate'],
  ['held signsIn', 'regenerate'],
  ['held signsIn changed', 'regenerate'],
  ['held ended', 'end'],
  ['held ended slide', 'end'],
  ['held ended moves', 'end'],
  ['held ended changed', 'end+create'],
  ['held ended moves changed', 'end+create'],
  ['held ended signsIn', 'end+create'],
  ['held ended signsIn changed slide', 'end+create'],
])('promise 3: %j is %s', (what, plan) => {
  expect(planCommit(situation(what))).toBe(plan)
})

test('an end always wins, and without anything to end or to store nothing is done: over all situations', () => {
  const flags = ['held', 'ended', 'changed', 'moves', 'signsIn', 'slide']
  for (let bits = 0; bits < 2 ** flags.length; bits++) {
    const what = flags.filter((_, at) => bits & (1 << at)).join(' ')
    const { loaded, ended, changed, rotation, signsIn } = situation(what)
    const plan = planCommit(situation(what))
    const ends: Plan[] = ['end', 'end+create']
    expect(ends.includes(plan), what).toBe(loaded && ended)
    const begins: Plan[] = ['create', 'end+create']
    expect(begins.includes(plan), what).toBe((!loaded || ended) && (changed || signsIn))
    if (!loaded && !changed && !signsIn) expect(plan, what).toBe('nothing')
    expect(plan === 'regenerate', what).toBe(loaded && !ended && rotation)
  }
})
