import { type CrossSite, crossSite } from 'coatcheck/csrf'
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/** Nothing from elsewhere runs in a page of the shop, and no other site frames it. */
export const safeHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  // It would bind every other server on localhost to HTTPS.
  strictTransportSecurity: false,
})

/** Finds what pages of other sites send in a visitor's name. */
export const guard: CrossSite = crossSite()

/** Answers it with a page of the shop, in the place of the guard's own words. */
export function fromHere(refuse: MiddlewareHandler): MiddlewareHandler {
  return (c, next) => (guard.check(c).allowed ? next() : refuse(c, next))
}
