import type { TicketResponse } from './adapter.ts'

export function streamOf(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
  })
}

/** The answer of a story as a `Response`. */
export function responseOf({ status = 200, headers = [], body = '', redirect }: TicketResponse): Response {
  if (redirect !== undefined)
    return new Response(null, { status: 303, headers: [...headers, ['location', redirect]] as [string, string][] })
  const sent = status === 304 ? null : typeof body === 'string' ? body : streamOf(body)
  return new Response(sent, { status, headers: headers as [string, string][] })
}
