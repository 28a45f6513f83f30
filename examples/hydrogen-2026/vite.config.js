import { reactRouter } from '@react-router/dev/vite'
import { hydrogen } from '@shopify/hydrogen/vite'
import { defineConfig } from 'vite'

const app = `${import.meta.dirname}/app`
/** What the one import of `~/lib/session` gives. */
const sessions = {
  skeleton: `${app}/lib/session.ts`,
  coatcheck: 'coatcheck/hydrogen',
  stored: `${app}/lib/session.stored.ts`,
}
const { APP_SESSION = 'coatcheck' } = process.env

export default defineConfig({
  plugins: [hydrogen(), reactRouter()],
  resolve: {
    alias: [
      { find: '~/lib/session', replacement: sessions[APP_SESSION] },
      { find: /^~\//, replacement: `${app}/` },
    ],
  },
})
