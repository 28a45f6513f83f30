export { type Cookie, type CookieOptions, createCookie } from './remix3/cookie.ts'
export { type RequestContext, session } from './remix3/middleware.ts'
export { createRedisSessionStorage, type RedisClient, type RedisStorageOptions } from './remix3/redis.ts'
export { createSession, Session, type SessionData } from './remix3/session.ts'
export {
  type CookieStorageOptions,
  createCookieSessionStorage,
  createFsSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  type SessionStorage,
  type StorageOptions,
} from './remix3/storages.ts'
