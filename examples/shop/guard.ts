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
 * Whether this changes nothing, or comes from a page of the shop. Browsers say where a request comes from in `Sec-Fetch-Site`, older ones
 * and those on plain http at least in `Origin`. What says neither is no browser and carries nobody's cookie by accident.
 */
export function isFromHere(method: string, header: (name: string) => string | undefined): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  const site = header('sec-fetch-site')
  const origin = header('origin')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return origin === undefined || hostOf(origin) === header('host')
}

/** Refuses what another site sends in a visitor's name. */
export function fromHere(refuse: MiddlewareHandler): MiddlewareHandler {
  return (c, next) => (isFromHere(c.req.method, (name) => c.req.header(name)) ? next() : refuse(c, next))
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
