/**
 * A response of its own with the same status, headers and body. Streams are passed on as they are.
 *
 * `@hono/node-server` puts a light `Response` in the place of Node's, which holds status, body and headers in a field until somebody asks for
 * `body`. Then it makes Node's own of it, with a stream that it reads again to send it, which costs more than the session. So a body that is there
 * already is taken from that field.
 */
export function copyOf(response: Response): Response {
  const held = heldBy(response)
  return new Response(held ? held.body : response.body, response)
}

/** What a light response is to send; undefined for any other, and for a body that is a stream. */
function heldBy(response: object): { readonly body: string | Uint8Array<ArrayBuffer> | null } | undefined {
  const field = Object.getOwnPropertySymbols(response).find(({ description }) => description === 'cache')
  const held: unknown = field && Reflect.get(response, field)
  if (!Array.isArray(held) || held.length !== 3 || held[0] !== Reflect.get(response, 'status')) return undefined
  const body: unknown = held[1]
  return body === null || typeof body === 'string' || body instanceof Uint8Array ? { body: body as string | null } : undefined
}
