import coatcheck from 'coatcheck/astro'
import { deviceBound } from 'coatcheck/device-bound'

/** The pages that are tried, with sessions where the settings of the shop say. */
export default {
  srcDir: './trial',
  integrations: [coatcheck({ settings: './src/session-settings.ts', deviceBound: deviceBound() })],
}
