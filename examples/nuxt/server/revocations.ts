import { sqliteStore } from 'coatcheck/stores/sqlite'

/** Without a store for the sessions themselves: a small list of those that ended. */
export default () => {
  const path = process.env.COATCHECK_REVOCATIONS
  return path ? sqliteStore({ path }) : undefined
}
