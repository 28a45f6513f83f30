import { createRequire } from 'node:module'
import { defineConfig } from 'vite'

// By `require`, which the plugin itself calls. No `base`, which Hydrogen 1 does not build with: where the pages are is said by
// `routes.basePath` of hydrogen.config.js.
const hydrogen = createRequire(import.meta.url)('@shopify/hydrogen/plugin')

export default defineConfig({ plugins: [hydrogen()] })
