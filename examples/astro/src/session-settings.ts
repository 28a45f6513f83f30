import type { RuntimeSettings } from 'coatcheck/astro'
import { sqliteStore } from 'coatcheck/stores/sqlite'

// Read when the server runs: nothing of it becomes part of the build. The secret shown here is for development only.
const { SESSION_SECRET = 'for-development-only-Gk3x9Qz7Lw2p', COATCHECK_STORE } = process.env

export default {
  secrets: SESSION_SECRET,
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
} satisfies RuntimeSettings
