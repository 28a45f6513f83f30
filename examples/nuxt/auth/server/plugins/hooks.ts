/** Of nuxt-auth-utils: what is told is written down. */
export default defineNitroPlugin(() => {
  sessionHooks.hook('fetch', (session) => {
    session.seen = true
  })
  sessionHooks.hook('clear', (session) => console.log(`cleared: ${session.user?.name}`))
})
