import coatcheck from 'coatcheck/astro'
import { session } from './original.mjs'

/** The same application on coatcheck: behind its driver, or in the store that its settings name. */
export default {
  srcDir: './app',
  session,
  integrations: [coatcheck({ secretNames: 'SESSION_SECRET', settings: './app/settings.ts' })],
}
