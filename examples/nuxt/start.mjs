// The names of the other examples' settings, in those that Nuxt reads.
const { env } = process
env.NUXT_SESSION_PASSWORD ??= env.SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc'
env.NUXT_SESSION_NAME ??= env.SESSION_COOKIE ?? ''
env.HOST ??= '127.0.0.1'
await import('./.output/server/index.mjs')
