import { createSession as createTheirs } from '@remix-run/session'
import type { createFsSessionStorage as theirFiles } from '@remix-run/session/fs-storage'
import type { createMemorySessionStorage as theirMemory } from '@remix-run/session/memory-storage'
import {
  Cookie,
  type CookieOptions,
  createCookie,
  createSession,
  createSessionId,
  type FsSessionStorageOptions,
  type MemorySessionStorageOptions,
  type RedisSessionStorageClient,
  type RedisSessionStorageOptions,
  type Session,
} from './remix3.ts'

const session: Session<{ user: string }, { message: string }> = createSession<{ user: string }, { message: string }>()
session.set('user', 'ada')
session.flash('message', 'hi')
session.get('user') satisfies string | undefined
// @ts-expect-error: a value of another type
session.set('user', 1)
// @ts-expect-error: not a key
session.get('cart')
// @ts-expect-error: not a flash value
session.flash('user', 'ada')

// D3: what Remix 3 exports is exported, and takes what its own takes.
createSessionId() satisfies string
const options: CookieOptions = { secrets: ['s3cret'], maxAge: 60, sameSite: 'Strict', partitioned: true, encode: String }
new Cookie('__session', options) satisfies Cookie
createCookie('__session', { ...options, domain: undefined, secure: undefined }) satisfies Cookie
declare const memoryOptions: NonNullable<Parameters<typeof theirMemory>[0]>
memoryOptions satisfies MemorySessionStorageOptions
declare const fileOptions: NonNullable<Parameters<typeof theirFiles>[1]>
fileOptions satisfies FsSessionStorageOptions
const redis: RedisSessionStorageOptions = { keyPrefix: 'session:', ttl: 60, useUnknownIds: false }
const client: RedisSessionStorageClient = { get: () => null, set: async () => 'OK', del: async () => 1, expire: () => true }
void [redis, client]

// classes: neither is the other.
// @ts-expect-error: theirs
createTheirs() satisfies Session
// @ts-expect-error: ours
createSession() satisfies ReturnType<typeof createTheirs>
