import { memoryStore } from 'coatcheck/stores/memory'
import { sqliteStore } from 'coatcheck/stores/sqlite'

const file = process.env.COATCHECK_STORE
export const store = file ? sqliteStore({ path: file }) : memoryStore()
