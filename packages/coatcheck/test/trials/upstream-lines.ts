import {
  createCookieSessionStorage as createTheirs,
  createSessionStorage as createTheirsOn,
  createCookie as theirCookie,
} from 'react-router'
import { expect } from 'vitest'
import type { GivenCookie } from '../../src/adapters/remix/cookies.ts'
import { createCookie, createCookieSessionStorage, createSessionStorage } from '../../src/adapters/remix.ts'
import { fakeDate } from '../helpers/date.ts'
import { SECRET } from '../helpers/site.ts'

// With `format: 'upstream'`, and of createCookie, the lines of the real package are compared with ours, option by option.

export interface Data {
  userId: string
}
export type Options = Omit<GivenCookie, 'name' | 'secrets' | 'encode' | 'decode'>
export type Configured = Options & { name: string; secrets: string[] }
export interface Session {
  readonly data: object
  set(key: 'userId', value: string): void
}
/** What is the same in both. */
export interface Storage {
  getSession(header?: string): Promise<Session>
  commitSession(session: never, options?: object): Promise<string>
  destroySession(session: never, options?: object): Promise<string>
}

export const NOW: number = fakeDate().start
const soon = new Date(NOW + 3_600_000)
const late = new Date(NOW + 86_400_000)
export const base: Configured = { name: '__session', secrets: [SECRET], secure: true }

const ages: readonly Options[] = [
  {},
  { maxAge: 60 },
  { maxAge: 500 * 86_400 },
  { expires: soon },
  { maxAge: 60, expires: soon },
  { maxAge: undefined, expires: late },
  { maxAge: 60, expires: undefined },
]
const attributes: readonly Options[] = [
  {},
  { path: '/shop' },
  { path: undefined },
  { domain: 'shop.example', httpOnly: true },
  { sameSite: 'strict', partitioned: true },
  { sameSite: true, priority: 'high' },
  { sameSite: false, secure: false },
  { sameSite: 'none', httpOnly: false },
]
const both = ages.flatMap((age) => attributes.map((more) => ({ ...age, ...more })))

/** What is said in a configuration, and in a call. */
export interface Case {
  readonly configured: Configured
  readonly called: Options | undefined
}
const cases: readonly Case[] = both.flatMap((configured) =>
  [...both, undefined].map((called) => ({ configured: { ...base, ...configured }, called })),
)

/** In words, so that a failure says which options it was. */
const told = (options: unknown): string =>
  JSON.stringify(options, (_, value) => (value === undefined ? 'undefined' : value)) ?? 'none'

/** The attributes in any order, and what the cookie holds. */
export const parts = (line: string): string[] => line.split('; ').sort()

/** What the real package would throw for: without Secure no browser takes these. */
const impossible = ({ secure, partitioned, sameSite }: Options) => !secure && (partitioned || sameSite === 'none')

function rows() {
  const table = new Map<string, { data: object; expires: Date | undefined }>()
  return {
    createData: async (data: object, expires?: Date) => {
      table.set('1', { data, expires })
      return '1'
    },
    readData: async (id: string) => table.get(id)?.data ?? null,
    updateData: async (id: string, data: object, expires?: Date) => void table.set(id, { data, expires }),
    deleteData: async (id: string) => void table.delete(id),
  }
}

export type Make = (cookie: Configured) => readonly [ours: Storage, theirs: Storage]

export const kinds: Record<string, Make> = {
  'in the cookie': (cookie) => [
    createCookieSessionStorage<Data>({ cookie, format: 'upstream' }),
    createTheirs<Data>({ cookie: cookie as object }),
  ],
  'on functions': (cookie) => [
    createSessionStorage<Data>({ cookie, format: 'upstream', ...rows() } as never),
    createTheirsOn<Data>({ cookie: cookie as object, ...rows() } as never),
  ],
}

/** Every 40th case is tried by the unit tests. */
export const sample: readonly Case[] = cases.filter((_, at) => at % 40 === 0)
export const rest: readonly Case[] = cases.filter((_, at) => at % 40 !== 0)

/** commitSession and destroySession write what React Router writes, in these cases. */
export async function storagesAgree(make: Make, some: readonly Case[]): Promise<void> {
  const different: string[] = []
  for (const { configured, called } of some) {
    if (impossible({ ...configured, ...called })) continue
    if (impossible(configured)) continue // ours refuses such a configuration at once, not at the first line
    const lines = await Promise.all(
      make(configured).map(async (storage) => {
        const session = await storage.getSession()
        session.set('userId', '1234')
        const line = await storage.commitSession(session as never, called)
        const again = await storage.getSession(line.split(';')[0])
        return [line, await storage.destroySession(again as never, called)].map(parts)
      }),
    )
    const [ours, theirs] = lines.map((line) => JSON.stringify(line))
    if (ours !== theirs) different.push(`${told(configured)} ${told(called)}\n${ours}\n${theirs}`)
  }
  expect(different.slice(0, 3)).toEqual([])
}

/** createCookie writes the attributes that React Router writes, and a value that it reads, in these cases. */
export async function cookiesAgree(some: readonly Case[]): Promise<void> {
  const different: string[] = []
  for (const { configured, called } of some) {
    const { name, secrets, ...options } = configured
    if (impossible({ ...options, ...called })) continue
    const [ours, theirs] = [createCookie(name, { secrets, ...options }), theirCookie(name, { secrets, ...(options as object) })]
    const lines = [await ours.serialize('x', called), await theirs.serialize('x', called as object)]
    const [attributes, wanted] = lines.map((line) => line.split(';').slice(1).join())
    const read = [await theirs.parse(lines[0] ?? ''), await ours.parse(lines[1] ?? '')]
    if (attributes !== wanted || read.join() !== 'x,x' || String(ours.expires) !== String(theirs.expires))
      different.push(lines.join('\n'))
  }
  expect(different.slice(0, 3)).toEqual([])
}
