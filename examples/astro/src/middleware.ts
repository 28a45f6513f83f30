import { defineMiddleware, sequence } from 'astro:middleware'
import { crossSite } from 'coatcheck/csrf'

const rememberVisit = defineMiddleware(async (context, next) => {
  // Only for whoever has a session: a stranger who looks around gets no cookie for it.
  if (context.session && (await context.session.has('visits'))) context.session.set('lastVisit', new Date())
  return next()
})

// What pages of other sites send in a visitor's name is answered 403.
export const onRequest = sequence(crossSite().middleware, rememberVisit)
