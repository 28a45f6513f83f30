import { readFileSync } from 'node:fs'
import { asyncProperty, assert as hold } from 'fast-check'
import {
  createCookieSessionStorage as createTheirCookies,
  createMemorySessionStorage as createTheirMemory,
  createSessionStorage as createTheirStorage,
} from 'react-router'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { differences, table } from '../../../test/differential/remix-differences.ts'
import { type How, optionsOf, type Script, type Storage, scripts, told } from '../../../test/differential/remix-script.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createCookieSessionStorage, createSessionStorage } from '../remix.ts'

// One script of calls, on React Router's own package and on ours: what an application and a browser see of it.

const NOW = Date.parse('2026-11-21T08:00:00Z')
const clock = { advance: (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000) }

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  vi.spyOn(console, 'warn').mockImplementation(() => {}) // theirs warns of `expires`
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A database; how often each function was called. */
function database() {
  const rows = new Map<string, { data: object; end: number }>()
  const calls = { createData: 0, readData: 0, updateData: 0, deleteData: 0 }
  const write = (id: string, data: object, expires?: Date) =>
    void rows.set(id, { data: JSON.parse(JSON.stringify(data)), end: expires ? +expires : Number.POSITIVE_INFINITY })
  return {
    calls,
    functions: {
      async createData(data: object, expires?: Date) {
        calls.createData++
        const id = `row ${calls.createData}`
        write(id, data, expires)
        return id
      },
      async readData(id: string) {
        calls.readData++
        const row = rows.get(id)
        return row && row.end > Date.now() ? JSON.parse(JSON.stringify(row.data)) : null
      },
      async updateData(id: string, data: object, expires?: Date) {
        calls.updateData++
        write(id, data, expires)
      },
      async deleteData(id: string) {
        calls.deleteData++
        rows.delete(id)
      },
    },
  }
}

const cookieOf = (configured: How) =>
  ({ name: '__session', secrets: [SECRET], secure: true, httpOnly: true, ...optionsOf(configured) }) as object

type Make = (configured: How) => Storage
const theirCookies: Make = (how) => createTheirCookies({ cookie: cookieOf(how) }) as Storage
const theirDatabase: Make = (how) => createTheirStorage({ cookie: cookieOf(how), ...database().functions } as never) as Storage
const kinds: Record<string, { readonly theirs: Make; readonly ours: Make }> = {
  sealed: {
    theirs: theirCookies,
    ours: (how) => createCookieSessionStorage({ cookie: cookieOf(how) }) as Storage,
  },
  'on a store': {
    theirs: (how) => createTheirMemory({ cookie: cookieOf(how) }) as Storage,
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), store: memoryStore({ now: () => Date.now() }) }) as Storage,
  },
  'on functions': {
    theirs: theirDatabase,
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), ...database().functions } as never) as Storage,
  },
  'sealed, upstream': {
    theirs: theirCookies,
    ours: (how) => createCookieSessionStorage({ cookie: cookieOf(how), wire: 'upstream' }) as Storage,
  },
  'on functions, upstream': {
    theirs: theirDatabase,
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), wire: 'upstream', ...database().functions } as never) as Storage,
  },
}

async function both({ theirs, ours }: (typeof kinds)[string], script: Script): Promise<[theirs: unknown[], ours: unknown[]]> {
  const tell = (make: Make) => {
    vi.setSystemTime(NOW)
    return told(make(script.configured), script, clock)
  }
  return [await tell(theirs), await tell(ours)]
}

/** Without what is listed under `id`. */
const nameless = (story: unknown[]) => story.map((visit) => ({ ...(visit as object), isNameless: undefined }))

const hasTwoEnds = ({ configured, says }: Pick<Script, 'configured' | 'says'>): boolean =>
  configured.maxAge !== undefined && says?.expiresIn !== undefined

/** Whether a script meets what is listed: a cookie after its end (`old-cookies`), or two in different places (`two-places`). */
function isListed(kind: string, { configured, says, visits }: Script): boolean {
  const [sends, how] = [visits.map((visit) => visit.sends), { ...configured, ...says }]
  const hasEnd = how.maxAge !== undefined || how.expiresIn !== undefined
  const isElsewhere = how.path !== undefined || how.domain !== undefined
  const waited = visits.reduce((sum, { wait }) => sum + wait, 0)
  if (waited >= (configured.expiresIn ?? Number.POSITIVE_INFINITY)) return true // `over-already`
  // An ended session's id comes back in theirs, and opens what was stored under it since: `id`.
  const ends = visits.some(({ calls }) => calls.some(({ call }) => call === 'destroy'))
  if (!kind.startsWith('sealed') && ends && sends.filter((each) => each === 'first').length > 1) return true
  if (kind.endsWith('upstream') ? configured.expiresIn !== undefined && says !== undefined : hasTwoEnds({ configured, says }))
    return true
  return (kind === 'sealed' && hasEnd && sends.includes('first')) || (isElsewhere && sends.includes('junk'))
}

let compared = 0

describe.each(Object.entries(kinds))('the same calls on React Router and here, %s', (kind, makes) => {
  test('an application and a browser see the same, but for what is listed', async () => {
    await hold(
      asyncProperty(
        scripts.filter((script) => !isListed(kind, script)),
        async (script) => {
          const [theirs, ours] = await both(makes, script)
          expect(nameless(ours)).toEqual(nameless(theirs))
          compared++
        },
      ),
      { numRuns: 300 },
    )
  })

  const listed = Object.entries(differences).filter(([, { script, only }]) => script && (only?.includes(kind) ?? true))
  test.each(listed)('listed: %s', async (_, { script, theirs, ours }) => {
    const stories = (await both(makes, script as Script)).map((story) => JSON.stringify(story))
    expect(stories).toEqual([expect.stringMatching(theirs as RegExp), expect.stringMatching(ours as RegExp)])
    expect(stories[0]).not.toMatch(ours as RegExp)
  })
})

test('1,500 scripts were compared', () => {
  expect(compared).toBe(1500)
})

test('each difference is shown by a script, or by the test that it names', () => {
  for (const [id, { script, theirs, ours, shownBy }] of Object.entries(differences)) {
    if (script) expect([theirs, ours], id).toEqual([expect.any(RegExp), expect.any(RegExp)])
    else {
      const [file, title] = shownBy ?? ['', '']
      expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'), id).toContain(`'${title}`)
    }
  }
})

test('the page has each difference, and no other', () => {
  const page = readFileSync(new URL('../../../../../docs/frameworks/remix.md', import.meta.url), 'utf8')
  const [, section = ''] = /\n## What differs\n([\s\S]*?)\n## /.exec(page) ?? []
  expect(section.match(/^\|.*$/gm)?.join('\n')).toBe(table())
})
