import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncProperty, assert as hold } from 'fast-check'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { FileSessionStorage } from '../../packages/coatcheck/src/adapters/hydrogen/file.ts'
import { Cookie, CookieSessionStorage, MemorySessionStorage } from '../../packages/coatcheck/src/adapters/hydrogen.ts'
import { differences } from '../../packages/coatcheck/test/differential/hydrogen-differences.ts'
import {
  type CookieLike,
  cookieScripts,
  type Factory,
  optionsOf,
  type Render,
  type Script,
  type Shop,
  scripts,
  shopOf,
  shopOfCookie,
  told,
} from '../../packages/coatcheck/test/differential/hydrogen-script.ts'
import { holdListed, meetsListed, tellListed } from '../../packages/coatcheck/test/differential/listed.ts'
import { bounded, scriptsDrawn } from '../../packages/coatcheck/test/helpers/depth.ts'
import { SECRET } from '../../packages/coatcheck/test/helpers/site.ts'
import { folderOf, install } from '../harness.ts'

// One script of requests, on Hydrogen 1.7.4's own storages and on ours, whose routes Hydrogen itself calls.

interface Theirs {
  readonly CookieSessionStorage: (name: string, options: object) => Factory
  readonly MemorySessionStorage: (name: string, options: object) => Factory
  readonly FileSessionStorage: (name: string, folder: string, options: object) => Factory
  readonly Cookie: new (name: string, options: object) => CookieLike
  readonly renderApiRoute: Render
}
let theirs: Theirs
/** In memory where there is such a place: files are written by the thousand. */
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'coatcheck-differential-'))

/** Its modules are for Vite; bundled, Node reads them. */
beforeAll(async () => {
  await install('hydrogen')
  const from = join(folderOf('hydrogen'), 'node_modules/@shopify/hydrogen/dist/esnext')
  const storages = ['CookieSessionStorage', 'MemorySessionStorage', 'FileSessionStorage', 'Cookie'].map(
    (name) => `export { ${name} } from '${from}/foundation/${name}/${name}.js'`,
  )
  const code = [...storages, `export { renderApiRoute } from '${from}/utilities/apiRoutes.js'`].join('\n')
  const entry = '\0theirs'
  const plugin = {
    name: 'entry',
    resolveId: (id: string) => (id === entry ? id : undefined),
    load: (id: string) => (id === entry ? code : undefined),
  }
  const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'warn', plugins: [plugin] })
  const file = join(folder, 'theirs.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  theirs = await import(file)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NOW = Date.parse('2026-11-21T08:00:00Z')
const clock = { advance: (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000) }
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  for (const method of ['error', 'warn', 'log'] as const) vi.spyOn(console, method).mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Each script has sessions of its own. */
let count = 0

interface Kind {
  readonly theirs: (name: string, options: object) => Shop
  readonly ours: (name: string, options: object) => Shop
}
const sealed = (options: object) => ({ secrets: SECRET, ...options })
const kinds: Record<string, Kind> = {
  CookieSessionStorage: {
    theirs: (name, options) => shopOf(theirs.renderApiRoute, () => theirs.CookieSessionStorage(name, options)),
    ours: (name, options) => shopOf(theirs.renderApiRoute, () => CookieSessionStorage(name, sealed(options)) as Factory),
  },
  MemorySessionStorage: {
    theirs(name, options) {
      const factory = theirs.MemorySessionStorage(name, options)
      return shopOf(theirs.renderApiRoute, () => factory)
    },
    ours: (name, options) => shopOf(theirs.renderApiRoute, () => MemorySessionStorage(name, options) as Factory),
  },
  FileSessionStorage: {
    theirs: (name, options) =>
      shopOf(theirs.renderApiRoute, () => theirs.FileSessionStorage(name, join(folder, `t${name}`), options)),
    ours: (name, options) =>
      shopOf(theirs.renderApiRoute, () => FileSessionStorage(name, join(folder, `o${name}`), options) as Factory),
  },
  Cookie: {
    theirs: (name, options) => shopOfCookie(() => new theirs.Cookie(name, options)),
    ours: (name, options) => shopOfCookie(() => new Cookie(name, sealed(options)) as CookieLike),
  },
}

async function both(kind: Kind, script: Script, more: object = {}): Promise<[theirs: unknown[], ours: unknown[]]> {
  const name = `s${++count}`
  const tell = (make: Kind['theirs'], options: object) => {
    vi.setSystemTime(NOW)
    return told(make(name, { ...optionsOf(script.configured, NOW), ...options }), name, script, clock)
  }
  return [await tell(kind.theirs, {}), await tell(kind.ours, more)]
}

const SCRIPTS = bounded(1000, 300)
let compared = 0

describe.each(Object.entries(kinds))('the same requests on Hydrogen 1 and here, %s', (kind, makes) => {
  test.each([
    { runs: SCRIPTS, more: {} },
    { runs: SCRIPTS / 4, more: { format: 'upstream' } },
  ])('routes and a browser see the same in $runs scripts, but for what is listed: $more', async ({ runs, more }) => {
    const all = kind === 'Cookie' ? cookieScripts : scripts
    const property = asyncProperty(
      all.filter((script) => !meetsListed(differences, kind, script)),
      async (script) => {
        const [first, second] = await both(makes, script, more)
        expect(second).toEqual(first)
        compared++
      },
    )
    await hold(property, scriptsDrawn(runs))
  })

  tellListed(differences, kind, (script) => both(makes, script))
})

test('as many scripts as are meant were compared', () => {
  expect(compared).toBe(Object.keys(kinds).length * (SCRIPTS + SCRIPTS / 4))
})

holdListed(differences, 'hydrogen-1.md')
