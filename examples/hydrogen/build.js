import { build, optimizeDeps, resolveConfig } from 'vite'

process.env.NODE_ENV = 'production'

// Hydrogen starts a server of Vite within a build, which prepares packages while it loads them, and now and then trips over that. So this
// is done before.
await optimizeDeps(await resolveConfig({ logLevel: 'warn' }, 'serve', 'development'))

await build({ build: { outDir: 'dist/client', manifest: true } })
await build({ build: { outDir: 'dist/server', ssr: '@shopify/hydrogen/platforms/node' } })
