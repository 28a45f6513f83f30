export { Cookie, type CookieOptions, type CookieProperties, createCookie, type SessionCookie } from './remix3/cookie.ts'
export type { SessionStorage } from './remix3/inside.ts'
export { type RequestContext, session } from './remix3/middleware.ts'
export { createRedisSessionStorage, type RedisSessionStorageClient } from './remix3/redis.ts'
export { createSession, createSessionId, Session, type SessionData } from './remix3/session.ts'
export type {
  CookieStorageOptions,
  FsSessionStorageOptions,
  MemorySessionStorageOptions,
  RedisSessionStorageOptions,
  StorageOptions,
} from './remix3/storage-options.ts'
export {
  createCookieSessionStorage,
  createFsSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
} from './remix3/storages.ts'
