import { defineConfig } from '@shopify/hydrogen/config'
import { CookieSessionStorage, SessionStorage } from 'coatcheck/hydrogen'
import { sqliteStore } from 'coatcheck/stores/sqlite'

const { BASE = '', COATCHECK_STORE, SESSION_COOKIE = '__session' } = process.env
// For development; set a secret of your own where others can reach the server. `none`: as a site has it that forgot to set one.
const { SESSION_SECRET = 'development-only-3uWq8LrZ5vXk2Tn9' } = process.env

// Hydrogen evaluates what is inside `defineConfig({ … })` anew for each request: a store must be made outside.
const store = COATCHECK_STORE && sqliteStore({ path: COATCHECK_STORE })
const options = { secrets: SESSION_SECRET === 'none' ? undefined : SESSION_SECRET, path: '/', httpOnly: true, sameSite: 'Lax' }

export default defineConfig({
  routes: { files: '/src/routes', basePath: BASE },
  session: store ? SessionStorage(SESSION_COOKIE, { store, ...options }) : CookieSessionStorage(SESSION_COOKIE, options),
})
