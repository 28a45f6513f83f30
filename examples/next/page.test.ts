import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from '../harness.ts'
import { blocksOf } from '../pasted.ts'

// The code on docs/frameworks/next.md is code of this app, which Next compiles and the other tests use.

test.each(Object.entries(blocksOf('next.md')))('%s is as the page says', (path, code) => {
  expect(readFileSync(join(folderOf('next'), path), 'utf8')).toContain(code)
})

test('the page shows each kind of place', () => {
  const places = [
    'lib/session.ts',
    'app/account/actions.ts',
    'app/account/page.tsx',
    'app/cart/route.ts',
    'proxy.ts',
    'pages/api/count.ts',
    'app/.coatcheck/[step]/route.ts',
  ]
  expect(Object.keys(blocksOf('next.md'))).toEqual(places)
})
