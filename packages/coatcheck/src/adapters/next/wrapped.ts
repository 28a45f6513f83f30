import { answered, isAnswer, type RequestSession } from '../../core/adapter.ts'
import type { WebResponse } from '../../web.ts'
import { setClock } from './clock.ts'
import type { PagesArguments, Visits } from './visits.ts'

/** Whether these are the arguments of a function below `pages/`. */
export function isOfPages(given: readonly unknown[]): given is PagesArguments {
  const [first, second] = given as readonly { readonly req?: unknown; readonly res?: unknown; readonly setHeader?: unknown }[]
  const [req, res] = first?.req && first.res ? [first.req, first.res] : [first, second]
  return typeof (res as { setHeader?: unknown } | undefined)?.setHeader === 'function' && typeof req === 'object'
}

/** What Next's `redirect()`, `notFound()`, `forbidden()` and `unauthorized()` throw: answers, and no failures. */
function isNextAnswer(thrown: unknown): boolean {
  const { digest } = (thrown ?? {}) as { readonly digest?: unknown }
  return typeof digest === 'string' && /^NEXT_(?:REDIRECT|NOT_FOUND|HTTP_ERROR_FALLBACK)\b/.test(digest)
}

const isResponse = (given: unknown): given is WebResponse =>
  given instanceof Response || Object.prototype.toString.call(given) === '[object Response]'

/** Runs `act`, and stores what changed before Next is given its answer: it renders the page that `redirect()` leads to at once (F29). */
export async function wrapped<Result>(visits: Visits, given: readonly unknown[], act: () => Result): Promise<Awaited<Result>> {
  const visit = isOfPages(given) ? visits.of(given) : await visits.here()
  const { requestSession } = visit
  setClock()
  try {
    const result = await act()
    if (!isResponse(result)) {
      await visit.save()
      return result
    }
    if (!isAnswer(result)) requestSession.fail()
    await visit.save()
    return answeredAlone(result, requestSession) as Awaited<Result>
  } catch (error) {
    if (isNextAnswer(error)) await visit.save()
    else await requestSession.abandon()
    throw error
  }
}

/** Where no response is held, nobody else keeps this one out of shared caches (F35). */
const answeredAlone = (response: WebResponse, requestSession: RequestSession): WebResponse =>
  requestSession.asked ? answered(response, [requestSession]) : response
