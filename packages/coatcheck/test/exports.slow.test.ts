import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RolldownPlugin, rolldown } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { entries, programs } from '../tsdown.config.ts'
import { importsOf } from './tree/syntax.ts'

const home = join(import.meta.dirname, '..')
const dist = join(home, 'dist')
const scripts = globSync('**/*.js', { cwd: dist })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !(path.replace('.js', '') in programs))
const read = (path: string) => ({ path, text: readFileSync(join(dist, path), 'utf8') })

/** The files that are loaded with this one, itself included, and the names of modules from elsewhere. */
function loadedWith(path: string, met = new Set([path])): ReadonlySet<string> {
  for (const { target, specifier, isLazy } of importsOf(read(path))) {
    const next = target ?? specifier
    if (isLazy || met.has(next)) continue
    met.add(next)
    if (target !== undefined) loadedWith(target, met)
  }
  return met
}

const elsewhere = (name: string): boolean => /^(node|bun):/.test(name)

describe('the built package', () => {
  it.each(Object.entries(entries))('gives %s the names of its source, and types for them', async (name, source) => {
    expect(existsSync(join(dist, `${name}.d.ts`))).toBe(true)
    const [built, written] = await Promise.all([import(join(dist, `${name}.js`)), import(join(home, source))])
    expect(Object.keys(built).sort()).toEqual(Object.keys(written).sort())
    expect(Object.keys(built)).not.toEqual([])
  })

  it('imports, types included, only what it declares', () => {
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    const files = globSync('**/*.{js,d.ts}', { cwd: dist }).map(read)
    const bare = files.flatMap(importsOf).filter(({ target }) => target === undefined)
    const undeclared = bare
      .map(({ specifier }) => specifier)
      .filter((name) => !/^(node:|\(computed\))/.test(name) && !(packageOf(name) in { ...dependencies, ...peerDependencies }))
    expect(undeclared).toEqual([])
    expect(bare.length).toBeGreaterThan(0)
  })

  it('is loaded as few files: each costs every process that starts half a millisecond', () => {
    const files = (entry: string) => [...loadedWith(`${entry}.js`)].filter((name) => !elsewhere(name)).length
    expect(files('index')).toBe(2)
    for (const entry of ['fetch', 'hono', 'node', 'adapter'])
      expect([entry, files(entry)]).toEqual([entry, expect.toBeOneOf([2, 3])])
    // These bring other entries along: readers of older cookies, and stores.
    const large = Object.keys(entries).filter((entry) => files(entry) > 4)
    expect(large).toEqual([
      'astro',
      'astro/middleware',
      'cookie-session',
      'express-session',
      'fastify',
      'h3',
      'hydrogen',
      'hydrogen/file',
      'iron-session',
      'koa',
      'nitro/runtime',
      'react-router',
      'remix',
      'remix3',
    ])
    expect(Object.keys(entries).filter((entry) => files(entry) > 9)).toEqual([])
  })

  it('has programs, which start in a shell, are one file each, and which no entry brings along', () => {
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    expect(bin).toEqual({ coatcheck: './dist/cli.js' })
    expect(Object.keys(programs)).toEqual(['cli'])
    for (const name of Object.keys(programs)) {
      expect(read(`${name}.js`).text).toMatch(/^#!\/usr\/bin\/env node\n/)
      expect([...loadedWith(`${name}.js`)].filter((each) => !elsewhere(each))).toEqual([`${name}.js`])
    }
    const reached = Object.keys(entries).flatMap((entry) => [...loadedWith(`${entry}.js`)])
    expect(reached.filter((path) => path.replace('.js', '') in programs)).toEqual([])
  })

  it('names modules of one platform only where a source does', () => {
    const bound = Object.keys(entries).filter((entry) => [...loadedWith(`${entry}.js`)].some(elsewhere))
    expect(bound.sort()).toEqual(['hydrogen/file', 'secrets', 'stores/file', 'stores/memcached', 'stores/sqlite'])
  })

  it('has the entries of one process share what there is once', async () => {
    const load = (entry: string) => import(join(dist, `${entry}.js`))
    const [core, fetching, storing, node] = await Promise.all(['index', 'fetch', 'stores/memory', 'node'].map(load))
    const sessions = core.createSessions({ store: storing.memoryStore() })
    const handler = fetching.withSession(sessions, async (request: Request) => {
      const session = await sessions.open(request)
      session.set('visits', (session.get('visits') ?? 0) + 1)
      return new Response(String(session.get('visits')))
    })
    const first = await handler(new Request('https://shop.test/'))
    const cookie = first.headers.getSetCookie()[0].split(';')[0]
    expect(await (await handler(new Request('https://shop.test/', { headers: { cookie } }))).text()).toBe('2')
    expect(() => node.withSession({})).toThrow(core.SessionError)
    expect(() => storing.memoryStore({ maxSessions: 'many' })).toThrow(core.SessionError)
  })

  it.each(scripts)('leaves nothing of %s in a bundle that uses nothing of it', async (path) => {
    const start: RolldownPlugin = {
      name: 'start',
      resolveId: (id) => (id === 'start' ? id : undefined),
      load: (id) => (id === 'start' ? `import ${JSON.stringify(join(dist, path))}` : undefined),
    }
    const bundle = await rolldown({
      input: 'start',
      plugins: [start],
      external: elsewhere,
      // As a bundler that does not read `sideEffects` of package.json.
      treeshake: {
        moduleSideEffects: [
          { external: true, sideEffects: false },
          { external: false, sideEffects: true },
        ],
      },
    })
    const { output } = await bundle.generate()
    const left = output.map((each) => ('code' in each ? each.code.replace(/^(\/\/|\s*\/?\*).*$/gm, '').trim() : '')).join('')
    // What Hydrogen's calls look for has to be watched from the start.
    const acts = (text: string) => parseAst(text).body.some(({ type }) => type === 'ExpressionStatement')
    const watches = [...loadedWith(path)].some((each) => !elsewhere(each) && acts(read(each).text))
    expect(left).toMatch(watches ? /\swatchRequests\(\);$/ : /^$/)
  })
})
