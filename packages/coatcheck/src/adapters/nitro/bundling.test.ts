import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { takesFromH3 } from './bundling.ts'

const site = mkdtempSync(join(tmpdir(), 'coatcheck-packages-'))
afterAll(() => rmSync(site, { recursive: true, force: true }))

function installed(name: string, dependencies: object, files: Readonly<Record<string, string>>): string {
  const folder = join(site, 'node_modules', name)
  mkdirSync(join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, ...dependencies }))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return join(folder, 'index.js')
}

const H3 = { peerDependencies: { h3: '^1' } }
const takes = () => takesFromH3(['useSession', 'getSession'])

describe('which packages are bundled with the site, so that their sessions are ours', () => {
  test.each([
    ['by its name', 'library', "import { isEvent, useSession } from 'h3'\n"],
    ['when it has a scope', '@scope/library', 'import{isEvent as a,getSession as b}from"h3";'],
    ['with all of h3', 'all', "import * as h3 from 'h3'\nexport const use = (event) => h3.useSession(event)\n"],
    ['to hand it on', 'hands-on', "export { useSession } from 'h3'\n"],
  ])('D10: one that imports a session function, %s, in whatever file', (_, name, inner) => {
    const file = installed(name, H3, { 'index.js': "export * from './dist/inner.mjs'\n", 'dist/inner.mjs': inner })
    expect(takes()(file)).toBe(true)
  })

  test.each<[string, object, string]>([
    ['imports something else', H3, "import { getCookie } from 'h3'\nconst useSession = 1\n"],
    ['has functions of that name from elsewhere', H3, "import { useSession } from 'elsewhere'\nimport { getCookie } from 'h3'\n"],
    ['does not depend on h3', {}, "import { useSession } from 'h3'\n"],
  ])('no package that %s', (_, dependencies, text) => {
    expect(takes()(installed('other', dependencies, { 'index.js': text }))).toBe(false)
  })

  test('no file outside of node_modules, and no package that cannot be read', () => {
    for (const file of ['library', join(site, 'server/index.ts'), join(site, 'node_modules/gone/index.js')])
      expect(takes()(file)).toBe(false)
  })

  test('D10: one that requires h3 is named, once', () => {
    const told = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const file = installed('old-library', H3, { 'index.js': "const h3 = require('h3')\nh3.useSession()\n" })
    const taken = takes()
    expect([taken(file), taken(file)]).toEqual([false, false])
    expect(told.mock.calls).toEqual([[expect.stringContaining('old-library requires h3')]])
    told.mockRestore()
  })
})
