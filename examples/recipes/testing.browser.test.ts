import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chromium } from '../../scripts/chromium.ts'
import { root } from '../../scripts/steps.ts'
import { freePort, launch } from '../processes.ts'
import { recipe } from './recipe.ts'

// docs/recipes/testing.md, pasted block by block: the page's own tests pass.

const { folder, check } = recipe('testing')
const vitest = `node ${JSON.stringify(join(root, 'node_modules/vitest/vitest.mjs'))} run --root .`
const playwright = 'node node_modules/@playwright/test/cli.js test --reporter=line'

test('its code compiles', () => expect(check()).toBe(''))

test('its tests pass in Vitest', async () => {
  const run = launch(vitest, folder, {})
  expect([await run.ended, run.output()]).toEqual([0, expect.stringMatching(/5 passed/)])
})

test('its tests pass in Playwright, on the pages of a server that it starts', async () => {
  const run = launch(playwright, folder, { CHROMIUM: chromium(), PORT: String(await freePort()) })
  expect([await run.ended, run.output()]).toEqual([0, expect.stringMatching(/4 passed/)])
})
