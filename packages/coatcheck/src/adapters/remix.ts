export {
  type Cookie,
  type CookieOptions,
  type CookieParseOptions,
  type CookieSignatureOptions,
  createCookie,
  isCookie,
} from './remix/cookies.ts'
export type { ExactSerializeOptions as CookieSerializeOptions } from './remix/line.ts'
export { createSession, isSession } from './remix/session.ts'
export type { StorageOptions } from './remix/storage.ts'
export {
  createCookieSessionStorage,
  createFileSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  type FileStorageOptions,
  type SessionIdStorageStrategy,
  type StoreStorageOptions,
} from './remix/storages.ts'
export {
  type ArcTable,
  type ArcTableStorageOptions,
  createArcTableSessionStorage,
  createWorkersKVSessionStorage as createCloudflareKVSessionStorage,
  createWorkersKVSessionStorage,
  type KvNamespace,
  type KvStorageOptions,
} from './remix/tables.ts'
export type {
  CoatcheckSession,
  CoatcheckStorage,
  FlashSessionData,
  Session,
  SessionData,
  SessionStorage,
} from './remix/types.ts'
