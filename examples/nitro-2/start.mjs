// The names of the other examples' settings, in those that Nitro reads.
const { env } = process
env.NITRO_SESSION_PASSWORD ??= env.SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc'
env.NITRO_SESSION_NAME ??= env.SESSION_COOKIE ?? ''
env.HOST ??= '127.0.0.1'
await import('./.output/server/index.mjs')
