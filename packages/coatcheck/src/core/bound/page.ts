import { setCookie } from '../../cookies/attributes.ts'
import type { IncomingTickets } from '../request/incoming.ts'
import type { OwnAnswer, OwnRequest } from '../request/load.ts'
import type { Transport } from '../request/tickets.ts'

/** Seconds in which the page is not sent a second time. */
const ONCE = 10

/**
 * Whether this is a link of another site: browsers do not wait for a refresh then, and send the ticket without the bound cookie. A page
 * that loads itself again comes from this site.
 */
export function mayComeAgain(
  { method, presented }: OwnRequest,
  incoming: IncomingTickets,
  cookie: string,
  mark: string,
): boolean {
  const says = (name: string) => presented.get(`sec-fetch-${name}`)
  return (
    method === 'GET' &&
    says('dest') === 'document' &&
    says('mode') === 'navigate' &&
    says('site') === 'cross-site' &&
    incoming.hasCookie &&
    !incoming.named(cookie).present &&
    !incoming.named(mark).present
  )
}

/** Loads itself again, once: by then the browser has refreshed. */
export function againPage(mark: string, { places: { settings } }: Transport): OwnAnswer {
  const line = setCookie(mark, '1', { ...settings.cookie?.attributes, maxAge: ONCE })
  return {
    status: 200,
    headers: [
      ['content-type', 'text/html; charset=utf-8'],
      ['cache-control', 'no-store'],
      ['refresh', '0'],
      ['set-cookie', line],
    ],
    body: '<!doctype html><meta charset="utf-8"><title>…</title>',
  }
}
