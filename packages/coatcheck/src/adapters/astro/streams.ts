import type { Visit } from './visit.ts'

/** The whole page, before anything of it is sent. Rejects when rendering fails, so that an error page can take its place. */
export async function held(response: Response): Promise<Response> {
  return new Response(await response.arrayBuffer(), response)
}

/**
 * The same response, watched: the headers have left when the body is asked for, and the body ends once everything is stored that
 * was changed while it was made.
 */
export function afterwards(response: Response, visit: Visit): Response {
  const { body } = response
  if (!visit.requestSession.asked || !body) {
    // Astro may still render an error page for an empty answer, with the same session.
    if (!visit.requestSession.asked || response.status !== 404) visit.requestSession.finish()
    return response
  }
  const reader = body.getReader()
  let hasLeft = false
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!hasLeft) visit.requestSession.finish()
        hasLeft = true
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        // onEvent was told of a failure. The page is complete all the same.
        await Promise.resolve(visit.requestSession.commit()).catch(() => {})
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(watched, response)
}
