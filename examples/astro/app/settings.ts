import { sqliteStore } from 'coatcheck/stores/sqlite'

const { COATCHECK_STORE } = process.env
export default COATCHECK_STORE ? { store: sqliteStore({ path: COATCHECK_STORE }) } : {}
