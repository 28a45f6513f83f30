import { type CoatcheckStorage, createSessionStorage, type SessionData, type StorageOptions } from 'coatcheck/react-router'
import { memoryStore } from 'coatcheck/stores/memory'

// The names that the app imports, with every session in a store.

export { createCookie } from 'coatcheck/react-router'

const store = memoryStore()

export const createCookieSessionStorage = <Data = SessionData, FlashData = Data>(
  options: StorageOptions,
): CoatcheckStorage<Data, FlashData> => createSessionStorage({ ...options, store })
