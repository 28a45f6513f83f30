import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncProperty, assert as hold } from 'fast-check'
import * as reactRouter from 'react-router'
import * as reactRouter7 from 'react-router-7'
import { expect } from 'vitest'
import { createCookieSessionStorage, createFileSessionStorage, createSessionStorage } from '../../src/adapters/remix.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { scriptsDrawn } from '../helpers/depth.ts'
import { SECRET } from '../helpers/site.ts'
import { type Clock, type How, optionsOf, type Script, type Storage, scripts, told } from './remix-script.ts'

// The storages that scripts are played on: those of React Router and Remix, and ours.

/** A database; its functions. */
function database() {
  const rows = new Map<string, { data: object; end: number }>()
  let made = 0
  const write = (id: string, data: object, expires?: Date) =>
    void rows.set(id, { data: JSON.parse(JSON.stringify(data)), end: expires ? +expires : Number.POSITIVE_INFINITY })
  return {
    async createData(data: object, expires?: Date) {
      const id = `row ${++made}`
      write(id, data, expires)
      return id
    },
    async readData(id: string) {
      const row = rows.get(id)
      return row && row.end > Date.now() ? JSON.parse(JSON.stringify(row.data)) : null
    },
    updateData: async (id: string, data: object, expires?: Date) => write(id, data, expires),
    deleteData: async (id: string) => void rows.delete(id),
  }
}

const cookieOf = (configured: How) =>
  ({ name: '__session', secrets: [SECRET], secure: true, httpOnly: true, ...optionsOf(configured) }) as object

type Make = (configured: How) => Storage

const folders: string[] = []
const folder = (): { dir: string } => {
  const dir = mkdtempSync(join(tmpdir(), 'coatcheck-scripts-'))
  folders.push(dir)
  return { dir }
}
export function removeFolders(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true })
}

type Creates = (options: object) => Storage
type Names = 'createCookieSessionStorage' | 'createMemorySessionStorage' | 'createSessionStorage' | 'createFileSessionStorage'
type Package = Partial<Record<Names, unknown>>

// Not imported: its declarations change those of `process.env` for everybody.
const remix: Package = createRequire(import.meta.url)('@remix-run/node')

/** The packages that have sessions; those of files are Remix's alone here. */
const packages: readonly Package[] = [remix, reactRouter7, reactRouter]

const theirs = (name: Names, more: () => object = () => ({})): readonly Make[] =>
  packages.flatMap(({ [name]: create }) =>
    create ? [(how: How) => (create as Creates)({ cookie: cookieOf(how), ...more() })] : [],
  )
const theirCookies = theirs('createCookieSessionStorage')
const theirDatabase = theirs('createSessionStorage', database)
const theirFiles = theirs('createFileSessionStorage', folder)

/** Of each kind of storage those of the packages, and ours. */
const kinds: Readonly<Record<string, { readonly theirs: readonly Make[]; readonly ours: Make }>> = {
  sealed: {
    theirs: theirCookies,
    ours: (how) => createCookieSessionStorage({ cookie: cookieOf(how) }) as Storage,
  },
  'on a store': {
    theirs: theirs('createMemorySessionStorage'),
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), store: memoryStore({ now: () => Date.now() }) }) as Storage,
  },
  'in files': {
    theirs: theirFiles,
    ours: (how) => createFileSessionStorage({ cookie: cookieOf(how), ...folder() }) as Storage,
  },
  'on functions': {
    theirs: theirDatabase,
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), ...database() } as never) as Storage,
  },
  'sealed, upstream': {
    theirs: theirCookies,
    ours: (how) => createCookieSessionStorage({ cookie: cookieOf(how), format: 'upstream' }) as Storage,
  },
  'in files, upstream': {
    theirs: theirFiles,
    ours: (how) => createFileSessionStorage({ cookie: cookieOf(how), format: 'upstream', ...folder() }) as Storage,
  },
  'on functions, upstream': {
    theirs: theirDatabase,
    ours: (how) => createSessionStorage({ cookie: cookieOf(how), format: 'upstream', ...database() } as never) as Storage,
  },
}

const isInFiles = (kind: string): boolean => kind.startsWith('in files')
export const inFiles: readonly string[] = Object.keys(kinds).filter(isInFiles)
export const inMemory: readonly string[] = Object.keys(kinds).filter((kind) => !isInFiles(kind))

export interface RestartedClock extends Clock {
  restart(): void
}

/** What a script tells on each package, and then here. */
export async function stories(kind: string, script: Script, clock: RestartedClock): Promise<unknown[][]> {
  const { theirs = [], ours } = kinds[kind] ?? {}
  const all: unknown[][] = []
  for (const make of [...theirs, ...(ours ? [ours] : [])]) {
    clock.restart()
    all.push(await told(make(script.configured), script, clock))
  }
  return all
}

/** Without what is listed under `id`. */
const nameless = (story: unknown[] | undefined) => story?.map((visit) => ({ ...(visit as object), isNameless: undefined }))

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

/** Plays `runs` scripts that meet nothing listed; how many told the same on all. Throws for one that did not. */
export async function compare(kind: string, runs: number, clock: RestartedClock): Promise<number> {
  let compared = 0
  await hold(
    asyncProperty(
      scripts.filter((script) => !isListed(kind, script)),
      async (script) => {
        const all = await stories(kind, script, clock)
        const ours = nameless(all.pop())
        for (const theirs of all) expect(ours).toEqual(nameless(theirs))
        compared++
      },
    ),
    scriptsDrawn(runs),
  )
  return compared
}
