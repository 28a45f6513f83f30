import node from '@astrojs/node'
import { defineConfig } from 'astro/config'
import coatcheck from 'coatcheck/astro'

const { BASE, SESSION_COOKIE, TRIAL } = process.env

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  base: BASE || '/',
  // Behind another server the browser knows this one by a name that it does not: the names that forms may come from.
  security: { allowedDomains: [{ hostname: '127.0.0.1' }, { hostname: 'localhost' }] },
  integrations: [coatcheck({ settings: './src/session-settings.ts', ...(SESSION_COOKIE && { cookie: SESSION_COOKIE }) })],
  // What trial.test.ts tries in this Astro, and no shop needs.
  ...(TRIAL && (await import(`./trial/${TRIAL}.mjs`)).default),
})
