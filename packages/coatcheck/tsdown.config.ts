import { defineConfig, type UserConfig } from 'tsdown'

/** The exports map: what the package calls an entry -> the one source file behind it. package.json must say the same; a test compares them. */
export const entries: Record<string, string> = {
  index: 'src/index.ts',
  astro: 'src/frameworks/astro.ts',
  'astro/driver': 'src/frameworks/astro/driver.ts',
  'astro/middleware': 'src/frameworks/astro/middleware.ts',
  'astro/session': 'src/frameworks/astro/session.ts',
  fetch: 'src/frameworks/fetch.ts',
  'foreign/astro': 'src/foreign/astro.ts',
  'foreign/cookie-session': 'src/foreign/cookie-session.ts',
  'foreign/express-session': 'src/foreign/express-session.ts',
  'foreign/h3': 'src/foreign/h3.ts',
  'foreign/hydrogen': 'src/foreign/hydrogen.ts',
  'foreign/iron-session': 'src/foreign/iron-session.ts',
  'foreign/remix': 'src/foreign/remix.ts',
  'foreign/remix3': 'src/foreign/remix3.ts',
  h3: 'src/frameworks/h3.ts',
  hono: 'src/frameworks/hono.ts',
  hydrogen: 'src/frameworks/hydrogen.ts',
  'hydrogen/file': 'src/frameworks/hydrogen/file.ts',
  nitro: 'src/frameworks/nitro.ts',
  'nitro/runtime': 'src/frameworks/nitro/runtime.ts',
  node: 'src/frameworks/node.ts',
  nuxt: 'src/frameworks/nuxt.ts',
  'react-router': 'src/frameworks/react-router.ts',
  remix: 'src/frameworks/remix.ts',
  remix3: 'src/frameworks/remix3.ts',
  'stores/file': 'src/stores/file.ts',
  'stores/memory': 'src/stores/memory.ts',
  'stores/sqlite': 'src/stores/sqlite.ts',
  'stores/unstorage': 'src/stores/unstorage.ts',
  testing: 'src/testing/index.ts',
}

const config: UserConfig = defineConfig({
  cwd: import.meta.dirname,
  entry: entries,
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  dts: true,
  tsconfig: '../../tsconfig.json',
  deps: { neverBundle: [/^node:/, /^bun:/], onlyBundle: [] },
  failOnWarn: true,
})
export default config
