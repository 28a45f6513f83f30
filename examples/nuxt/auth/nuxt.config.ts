// A site with nuxt-auth-utils: SESSIONS says whose sessions it has, those of h3 (`h3`) or, with one module more, ours.
const { SESSIONS = 'coatcheck' } = process.env

export default defineNuxtConfig({
  // Ours comes first, which is the harder place: what nuxt-auth-utils sets by default must still count.
  modules: SESSIONS === 'h3' ? ['nuxt-auth-utils'] : ['coatcheck/nuxt', 'nuxt-auth-utils'],
  compatibilityDate: '2026-11-01',
  telemetry: false,
  buildDir: `.nuxt/${SESSIONS}`,
  nitro: { output: { dir: `.output/${SESSIONS}` } },
  runtimeConfig: {
    session: {
      password: '', // NUXT_SESSION_PASSWORD, when the server runs
      store: './server/session-store.ts',
    },
  },
})
