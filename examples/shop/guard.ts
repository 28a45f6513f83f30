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

/**
 * Refuses what another site sends in a visitor's name. Browsers say where a request comes from in `Sec-Fetch-Site`, older ones
 * and those on plain http at least in `Origin`. What says neither is no browser and carries nobody's cookie by accident.
 */
export function fromHere(refuse: MiddlewareHandler): MiddlewareHandler {
  return (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const isOurs =
      site !== undefined
        ? site === 'same-origin' || site === 'none'
        : origin === undefined || hostOf(origin) === c.req.header('host')
    return isOurs ? next() : refuse(c, next)
  }
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
