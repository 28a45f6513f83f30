const broken = () => Promise.reject(new Error('the store is down'))
const store = { read: broken, create: broken, update: broken, delete: broken }

/** With a store that fails, and nothing awaited. */
export default defineEventHandler((event) => {
  updateSession(event, { name: 'broken', store }, { lost: true })
  return 'ok'
})
