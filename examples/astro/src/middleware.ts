import { defineMiddleware } from 'astro:middleware'

export const onRequest = defineMiddleware(async (context, next) => {
  // Only for whoever has a session: a stranger who looks around gets no cookie for it.
  if (context.session && (await context.session.has('visits'))) context.session.set('lastVisit', new Date())
  return next()
})
