import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Arbitrary,
  asyncProperty,
  constant,
  constantFrom,
  assert as hold,
  integer,
  array as list,
  oneof,
  record,
} from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createJar, type Jar } from '../../src/testing/index.ts'
import { bounded, scriptsDrawn } from '../helpers/depth.ts'
import type { Difference } from './differences.ts'
import { meetsListed } from './listed.ts'

// Scripts of requests to an application on node:http, whose handler does what the header `X-Script` says, and what a browser sees of them.

export interface Visit<Call> {
  /** Seconds since the one before. */
  readonly wait: number
  /** What the browser has: its cookies, none, junk under the name, or what it had after the first visit. */
  readonly sends: 'cookies' | 'nothing' | 'junk' | 'first'
  readonly status: 200 | 404 | 500
  readonly calls: readonly Call[]
}

export interface Script<Call, How> {
  readonly configured: How
  readonly visits: readonly Visit<Call>[]
}

/** Values for a session; the longest text has so many characters. */
export const valuesUpTo = (longest: number): Arbitrary<unknown> =>
  oneof(
    integer({ min: 0, max: 3 }),
    constantFrom<unknown>('', 'x', null, false, [1, [2]], { n: 1, deep: { s: 'é…日本; =%' } }, 'y'.repeat(longest)),
  )

export function scriptsOf<Call, How>(configured: Arbitrary<How>, calls: Arbitrary<Call>): Arbitrary<Script<Call, How>> {
  const visits: Arbitrary<Visit<Call>> = record({
    wait: oneof({ weight: 3, arbitrary: constant(0) }, { weight: 2, arbitrary: constantFrom(10, 45, 100, 700) }),
    sends: oneof(
      { weight: 12, arbitrary: constant('cookies' as const) },
      { weight: 1, arbitrary: constantFrom('nothing' as const, 'junk' as const, 'first' as const) },
    ),
    status: oneof(
      { weight: 8, arbitrary: constant(200 as const) },
      { weight: 1, arbitrary: constantFrom(404 as const, 500 as const) },
    ),
    calls: list(calls, { maxLength: 5 }),
  })
  return record({ configured, visits: list(visits, { minLength: 1, maxLength: 8 }) })
}

export interface Site {
  readonly base: string
  close(): void
}

export async function served(listener: RequestListener): Promise<Site> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What a request is to do. */
export const visitIn = <Call>(headers: { readonly [name: string]: unknown }): Visit<Call> =>
  JSON.parse(decodeURIComponent(String(headers['x-script'])))

export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null')

export interface Looks {
  /** The cookie that a visitor made up. */
  readonly junk: string
  /** Of the lines that give a cookie, those that count. */
  gives(line: string): boolean
  /** What the handler saw, from the text of the response. */
  seen(text: string, status: number): unknown
}

/** What was seen, visit by visit, in an order in which two stories can be compared. `tick`: seconds pass. */
async function told<Call>(
  site: Site,
  visits: readonly Visit<Call>[],
  { junk, gives, seen }: Looks,
  tick: (seconds: number) => void,
): Promise<unknown[]> {
  const url = 'http://shop.example/app/page'
  const now = (): number => Date.now()
  const story: unknown[] = []
  let jar = createJar({ now })
  let first: Jar | undefined
  for (const visit of visits) {
    tick(visit.wait)
    if (visit.sends === 'first') jar = first?.copy() ?? jar
    else if (visit.sends !== 'cookies') jar = createJar({ now })
    if (visit.sends === 'junk') jar.set(junk, url)
    const cookie = jar.header(url)
    const response = await fetch(`${site.base}/app/page`, {
      headers: { 'x-script': encodeURIComponent(JSON.stringify(visit)), ...(cookie && { cookie }) },
    })
    const lines = response.headers.getSetCookie()
    for (const line of lines) jar.set(line, url)
    first ??= jar.all().length > 0 ? jar.copy() : undefined
    const looks = lines
      .filter(gives)
      .map((line) =>
        line.replace(/=[^;]+/, '=…').replace(/(expires)=([^;]+)/i, (_, name, at) => `${name}=${(Date.parse(at) - now()) / 1000}`),
      )
    story.push({ status: response.status, seen: sorted(seen(await response.text(), response.status)), lines: looks })
  }
  return story
}

/** Neither promises an order of keys. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value.toSorted() : value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const NOW = Date.parse('2026-11-21T08:00:00Z')

/** For a file of tests: the clock stands still but for a script, and nothing is written to the console. */
export function holdTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
    for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
}

/** The stories of one script, on the site of each. */
export async function storiesOf<Call, How>(
  script: Script<Call, How>,
  looks: Looks,
  sites: readonly (() => Promise<Site>)[],
): Promise<unknown[][]> {
  const stories: unknown[][] = []
  for (const open of sites) {
    vi.setSystemTime(NOW)
    const site = await open()
    try {
      stories.push(await told(site, script.visits, looks, (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000)))
    } finally {
      site.close()
    }
  }
  return stories
}

/** The test that so many drawn scripts tell the same, but for what is listed; of these `least` are compared. `found`: that once told otherwise. */
export function testScripts<Call, How>(
  scripts: Arbitrary<Script<Call, How>>,
  differences: Readonly<Record<string, Difference<Script<Call, How>>>>,
  kind: string,
  both: (script: Script<Call, How>) => Promise<readonly unknown[]>,
  { runs, least, found = [] }: { readonly runs: number; readonly least: number; readonly found?: readonly Script<Call, How>[] },
): void {
  test('handlers and a browser see the same, but for what is listed', async () => {
    let compared = 0
    await hold(
      asyncProperty(scripts, async (script) => {
        if (meetsListed(differences, kind, script)) return
        const [upstream, here] = await both(script)
        expect(here).toEqual(upstream)
        compared++
      }),
      { ...scriptsDrawn(runs * bounded(10, 1)), examples: found.map((script) => [script]) },
    )
    expect(compared).toBeGreaterThan(least)
  })
}
