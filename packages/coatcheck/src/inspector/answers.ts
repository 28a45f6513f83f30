import type { WebResponse } from '../web.ts'
import type { Html } from './html.ts'

/** Nothing from elsewhere, nothing inline, no other site's frame; and nobody keeps a page. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Not `no-referrer`, with which browsers send `Origin: null` with a form.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const page = (content: Html, status = 200): WebResponse => answer(status, 'text/html; charset=utf-8', content.text)

export const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): WebResponse =>
  answer(status, 'text/plain; charset=utf-8', `${text}\n`, headers)

export const seeOther = (location: string): WebResponse => new Response(null, { status: 303, headers: { ...HEADERS, location } })

export function answer(
  status: number,
  type: string,
  body: string | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): WebResponse {
  return new Response(body, { status, headers: { ...HEADERS, 'content-type': type, ...headers } })
}
