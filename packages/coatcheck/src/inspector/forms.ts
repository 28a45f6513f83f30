import { ownerDigest } from '../core/inspecting.ts'
import { SessionError } from '../errors.ts'
import type { WebRequest, WebResponse } from '../web.ts'
import { plain, seeOther } from './answers.ts'
import { isHandle } from './browse.ts'
import { searchLeadsTo } from './pages/sessions.ts'
import type { Site } from './site.ts'

/** A form of these pages has no more bytes. */
const LONGEST = 16_384

/** Does what a form asks for, and leads to the page that shows it. */
export async function handleForm({ sessions, browser }: Site, request: WebRequest): Promise<WebResponse> {
  const text = await textOf(request)
  if (text === undefined) return plain(413, 'No form of the inspector is that large.')
  const fields = new URLSearchParams(text)
  const field = (name: string): string => fields.get(name) ?? ''
  const [handle, owner, except, back] = ['handle', 'owner', 'except', 'back'].map(field) as [string, string, string, string]
  switch (field('do')) {
    case 'search':
      return seeOther(await searchLeadsTo(field('in'), field('q'), ownerDigest))
    case 'end': {
      if (!isHandle(handle)) break
      const digest = isHandle(back) ? back : (await browser?.find(handle))?.record.owner
      const ended = (await sessions.end(handle)) ? 1 : 0
      return seeOther(digest === undefined ? `?view=sessions&ended=${ended}` : `?owner=${digest}&said=${ended}`)
    }
    case 'end-others':
    case 'end-all': {
      const isAll = field('do') === 'end-all'
      if (owner === '' || !(isAll || isHandle(except))) break
      const ended = await sessions.endAll(owner, isAll ? {} : { except })
      return seeOther(`?owner=${await ownerDigest(owner)}&said=${ended}`)
    }
  }
  return plain(400, 'This is no form of the inspector.')
}

/** undefined: it is too long. A stream is not read to its end then. */
async function textOf(request: WebRequest): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > LONGEST) return undefined
  const reader = request.body?.getReader()
  const decoder = new TextDecoder()
  let [text, length] = ['', 0]
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.byteLength
    if (length > LONGEST) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}

/** What a page says when the store fails, or refuses: our errors say nothing of a session. */
export function failure(error: unknown): WebResponse {
  if (!(error instanceof SessionError)) throw error
  return plain(error.code === 'STORE_FAILED' ? 503 : 409, `${error.code}: ${error.message}`)
}
