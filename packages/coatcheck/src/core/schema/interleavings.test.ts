import { describe, expect, test } from 'vitest'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { twoReleases } from '../../../test/trials/two-releases.ts'

// `o`: version 1. `b`: version 2 with a way back. `m`: version 2 without one. `D`: a sign-out. See `two-releases.ts`.
describe('B10: two releases write one session at once, in every order, and no count is lost', () => {
  test.each([
    ['ob', 'kept'],
    ['obo', 'kept'],
    ['bm', 'kept'],
    ['bmb', 'kept'],
    ['nb', 'kept'],
    ['om', 'refused'],
    ['obm', 'refused'],
  ])('%s: the worst that a request is told is %s', async (letters, worst) => {
    const told = new Map<string, number>()
    const runs = await nothingBad(twoReleases(letters, told), letters.length > 2 ? { maxPreemptions: 3 } : {})
    expect(runs).toBeGreaterThan(5)
    expect([...told.keys()].includes('refused')).toBe(worst === 'refused')
    expect(told.has('came too late')).toBe(false)
  })

  test.each(['obD', 'bmD', 'omD'])('%s: nor does anything come back after a sign-out', async (letters) => {
    await nothingBad(twoReleases(letters), { maxPreemptions: 2 })
  })

  test.each(['ob', 'bm', 'om'])(
    '%s, with a process that dies, or a call that is carried out twice, at each step',
    async (letters) => {
      await nothingBad(twoReleases(letters), { kill: true })
      await nothingBad(twoReleases(letters), { double: true })
    },
  )

  test('the search sees it where the older release knows of no versions, and there is no way back', async () => {
    const { bad } = await explored(twoReleases('nm'), {})
    expect(bad.join()).toMatch(/counted, and there are/)
  })
})
