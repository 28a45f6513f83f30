import { asyncProperty, assert as hold } from 'fast-check'
import * as theirs2 from 'h3'
import * as theirs1 from 'h3-v1'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { differences } from '../../../test/differential/h3-differences.ts'
import { type Api, type Script, scripts, told, type Visit } from '../../../test/differential/h3-script.ts'
import { holdListed, tellListed } from '../../../test/differential/listed.ts'
import { bounded, scriptsDrawn } from '../../../test/helpers/depth.ts'
import { PASSWORD } from '../../../test/helpers/h3.ts'
import { memoryStore } from '../../stores/memory.ts'
import * as ours from '../h3.ts'

// One script of calls, on h3's own sessions and on ours: what an application and a browser see of it.

const SCRIPTS = bounded(1000, 300)
const NOW = Date.parse('2026-11-21T08:00:00Z')
const clock = { advance: (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000) }

beforeAll(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  vi.spyOn(console, 'error').mockImplementation(() => {}) // h3 1 prints what pages throw
  // A cookie of h3 2 takes two slow keys, theirs and ours: here they are quick.
  const { subtle } = globalThis.crypto
  const derive = subtle.deriveBits.bind(subtle)
  vi.spyOn(subtle, 'deriveBits').mockImplementation((how, ...rest) => derive({ ...Object(how), iterations: 1 }, ...rest))
})
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Kind {
  readonly version: 1 | 2
  readonly more: () => object
}
const kinds: Readonly<Record<string, Kind>> = Object.fromEntries(
  ([1, 2] as const).flatMap((version): [string, Kind][] => [
    [`h3 ${version}, sealed`, { version, more: () => ({}) }],
    [`h3 ${version}, on a store`, { version, more: () => ({ store: memoryStore({ now: () => Date.now() }) }) }],
    [`h3 ${version}, upstream`, { version, more: () => ({ format: 'upstream' }) }],
  ]),
)

async function both({ version, more }: Kind, script: Script): Promise<[theirs: object[], ours: object[]]> {
  const tell = (api: unknown, added: object) => {
    vi.setSystemTime(NOW)
    return told(api as Api, version, { password: PASSWORD, ...script.how, ...added }, script, clock)
  }
  return [await tell(version === 1 ? theirs1 : theirs2, {}), await tell(ours, more())]
}

/** Without what is listed under `header-answers` and `idle-cookie`. */
const plain = (story: object[], { how }: Script): object[] =>
  story.map((visit) => ({
    ...visit,
    given: undefined,
    ...(how.cookie === false && { isGiven: undefined }),
    ...(how.idleTimeout !== undefined && { browser: undefined }),
  }))

/** Whether a script meets what is listed. */
function isListed(kind: string, { how: { cookie, idleTimeout }, visits }: Script): boolean {
  const [isFirst, isStored] = [kind.startsWith('h3 1'), kind.endsWith('store')]
  const calls = visits.flatMap((visit) => visit.calls)
  const does = (...names: readonly string[]) => calls.some(({ call }) => names.includes(call))
  const sends = (...what: readonly Visit['sends'][]) => visits.some((visit) => what.includes(visit.sends))
  /** Where nothing has begun the session before. */
  const isAlone = (name: string) =>
    visits.some(({ calls }) => calls.some(({ call }) => call === name) && calls[0]?.call !== 'use')
  const goesOn = visits.some(({ calls }) => {
    const end = calls.findIndex(({ call }) => call.startsWith('clear'))
    return end >= 0 && calls.slice(end + 1).some(({ call }) => call !== 'captured' && call !== 'unseal')
  })
  const written = calls.flatMap((call) => ('value' in call ? JSON.stringify([call.key, call.value]) : []))
  const repeats = new Set(written).size < written.length
  const isLimited = typeof cookie === 'object' && cookie.maxAge !== undefined
  const isRead = visits.some(({ calls }) => !calls.some((call) => 'value' in call))
  const isElsewhere = typeof cookie === 'object' && (cookie.domain !== undefined || cookie.path !== undefined)
  const met: Readonly<Record<keyof typeof differences, boolean>> = {
    'clear-is-final': goesOn,
    'get-begins-none': isFirst && isAlone('get'),
    'seal-begins': isAlone('seal'),
    'seal-idle': idleTimeout !== undefined && (sends('header') || does('unseal')),
    'two-places': isElsewhere && sends('junk'),
    'no-cookie': cookie === false && sends('junk'),
    copies: isStored && (sends('first', 'header') || does('unseal')),
    'nothing-changed': repeats && (isLimited || sends('header')),
    'idle-half': kind === 'h3 2, on a store' && idleTimeout !== undefined && repeats,
    'cookie-life': isLimited && !kind.endsWith('upstream') && (sends('first', 'header') || does('unseal') || isRead),
    scripts: kind === 'h3 2, sealed' && idleTimeout !== undefined && visits.some(({ byScript }) => byScript),
    large: isFirst && written.filter((text) => text.length > 2000).length > 1,
  }
  // h3 1 has no `idleTimeout`.
  return (isFirst && idleTimeout !== undefined) || Object.values(met).includes(true)
}

let compared = 0

describe.each(Object.entries(kinds))('the same calls on h3 and here, %s', (name, kind) => {
  test('an application and a browser see the same, but for what is listed', async () => {
    await hold(
      asyncProperty(
        scripts.filter((script) => !isListed(name, script)),
        async (script) => {
          const [theirs, ours] = await both(kind, script)
          expect(plain(ours, script)).toEqual(plain(theirs, script))
          compared++
        },
      ),
      scriptsDrawn(SCRIPTS),
    )
  })

  tellListed(differences, name, (script) => both(kind, script))
})

test(`${SCRIPTS} scripts of each kind were compared`, () => {
  expect(compared).toBe(SCRIPTS * Object.keys(kinds).length)
})

holdListed(differences, 'h3.md', new URL('..', import.meta.url))
