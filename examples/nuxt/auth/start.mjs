const { env } = process
env.NUXT_SESSION_PASSWORD ??= env.SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc'
await import(`./.output/${env.SITE ?? 'coatcheck'}/server/index.mjs`)
