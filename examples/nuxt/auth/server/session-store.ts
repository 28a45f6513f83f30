import { sqliteStore } from 'coatcheck/stores/sqlite'

/** Asked for with the first session. Without a file the sessions are sealed in the cookie. */
export default () => {
  const path = process.env.COATCHECK_STORE
  return path ? sqliteStore({ path }) : undefined
}
