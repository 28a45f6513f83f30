export default defineNitroConfig({
  modules: ['coatcheck/nitro'],
  compatibilityDate: '2026-11-01',
  srcDir: 'server',
  baseURL: process.env.BASE || '/',
  prerender: { routes: ['/trials/prerendered'], failOnError: true },
  runtimeConfig: {
    session: {
      name: 'h3', // NITRO_SESSION_NAME
      password: '', // NITRO_SESSION_PASSWORD, when the server runs
      store: './server/session-store.ts',
      revocations: './server/revocations.ts',
      deviceBound: './server/device-bound.ts',
    },
  },
})
