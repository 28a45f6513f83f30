import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entries } from '../tsdown.config.ts'
import { importsOf } from './tree/syntax.ts'

const home = join(import.meta.dirname, '..')
const dist = join(home, 'dist')

describe('the built package', () => {
  it.each(Object.entries(entries))('gives %s the names of its source, and types for them', async (name, source) => {
    expect(existsSync(join(dist, `${name}.d.ts`))).toBe(true)
    const [built, written] = await Promise.all([import(join(dist, `${name}.js`)), import(join(home, source))])
    expect(Object.keys(built).sort()).toEqual(Object.keys(written).sort())
    expect(Object.keys(built)).not.toEqual([])
  })

  it('imports, types included, only what it declares', () => {
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    const files = globSync('**/*.{js,d.ts}', { cwd: dist }).map((path) => ({
      path,
      text: readFileSync(join(dist, path), 'utf8'),
    }))
    const bare = files.flatMap(importsOf).filter(({ target }) => target === undefined)
    const undeclared = bare
      .map(({ specifier }) => specifier)
      .filter((name) => !/^(node:|\(computed\))/.test(name) && !(name in dependencies))
    expect(undeclared).toEqual([])
    expect(bare.length).toBeGreaterThan(0)
  })
})
