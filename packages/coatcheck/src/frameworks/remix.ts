export {
  type Cookie,
  type CookieOptions,
  type CookieParseOptions,
  type CookieSerializeOptions,
  createCookie,
  isCookie,
} from './remix/cookies.ts'
export type { SessionStorage } from './remix/interface.ts'
export { createSession, isSession, type Session, type SessionData } from './remix/session.ts'
export type { StorageOptions } from './remix/storage.ts'
export {
  createCookieSessionStorage,
  createFileSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  type FileStorageOptions,
  type FlashData,
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
