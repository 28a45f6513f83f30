import { counts } from './commit.ts'
import type { RequestSession } from './request-session.ts'

/** Whether a handler answered by throwing: a `Response` below 500, such as a redirect. Of another realm too, as servers bring their own. */
export const isAnswer = (thrown: unknown): thrown is Response => {
  const isResponse = Object.prototype.toString.call(thrown) === '[object Response]' || thrown instanceof Response
  return isResponse && counts((thrown as Response).status)
}

/**
 * Runs `handle` inside the adapter of `requestSession`, and gives what `reply` makes of its answer once what changed is stored. An answer that was
 * thrown is thrown on, with what `reply` put on it. After any other error the session is abandoned. Nothing waits that has no need to.
 */
export async function throughAdapter(
  requestSession: RequestSession,
  handle: () => Response | Promise<Response>,
  reply: (response: Response) => Response,
): Promise<Response> {
  requestSession.enter()
  let thrown = false
  let response: Response
  try {
    response = await handle()
    if (!response) throw new TypeError('The handler given to withSession() returned no Response.')
  } catch (error) {
    if (!isAnswer(error)) {
      await requestSession.abandon()
      throw error
    }
    response = error
    thrown = true
  }
  try {
    const closing = requestSession.close(response.status)
    if (closing instanceof Promise) await closing
    response = reply(response)
  } finally {
    requestSession.finish()
  }
  if (thrown) throw response
  return response
}
