import { sqliteStore } from 'coatcheck/stores/sqlite'

const { COATCHECK_STORE } = process.env

/** undefined: sessions live in memory. */
export const store = COATCHECK_STORE ? sqliteStore({ path: COATCHECK_STORE }) : undefined
