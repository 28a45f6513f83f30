export default defineNuxtConfig({
  modules: ['coatcheck/nuxt'],
  compatibilityDate: '2026-11-01',
  telemetry: false,
  app: { baseURL: process.env.BASE || '/' },
  nitro: { prerender: { routes: ['/trials/prerendered'], failOnError: true } },
  runtimeConfig: {
    session: {
      name: 'h3', // NUXT_SESSION_NAME
      password: '', // NUXT_SESSION_PASSWORD, when the server runs
      store: './server/session-store.ts',
      revocations: './server/revocations.ts',
      deviceBound: './server/device-bound.ts',
    },
  },
})
