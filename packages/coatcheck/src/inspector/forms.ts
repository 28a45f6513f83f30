import { ownerDigest } from '../core/inspecting.ts'
import { SessionError } from '../errors.ts'
import type { WebRequest, WebResponse } from '../web.ts'
import { page, plain, seeOther } from './answers.ts'
import { isHandle } from './browse.ts'
import { namedOwnerPage } from './pages/owner.ts'
import { searchLeadsTo } from './pages/sessions.ts'
import type { Site } from './site.ts'

/** A form of these pages has no more bytes. */
const LONGEST = 16_384

/** Does what a form asks for, and leads to the page that shows it. */
export async function handleForm(site: Site, request: WebRequest): Promise<WebResponse> {
  const { sessions, browser, core } = site
  const text = await textOf(request)
  if (text === undefined) return plain(413, 'No form of the inspector is that large.')
  const fields = new URLSearchParams(text)
  const field = (name: string): string => fields.get(name) ?? ''
  const [handle, owner, except, back] = [field('handle'), field('owner'), field('except'), field('back')]
  const isLookedUp = !browser && core.persistence.owners?.list !== undefined
  const toOwner = async (name: string, ended: number): Promise<WebResponse> =>
    isLookedUp ? page(await namedOwnerPage(site, name, ended)) : seeOther(`?owner=${await ownerDigest(name)}&said=${ended}`)
  switch (field('do')) {
    case 'search': {
      const asked = field('q').trim()
      if (isLookedUp && field('in') === 'owner' && asked !== '') return page(await namedOwnerPage(site, asked))
      return seeOther(await searchLeadsTo(field('in'), asked, ownerDigest))
    }
    case 'end': {
      if (handle === '' || (browser && !isHandle(handle))) break
      const digest = isHandle(back) ? back : (await browser?.find(handle))?.record.owner
      const ended = (await sessions.end(handle)) ? 1 : 0
      if (owner !== '') return toOwner(owner, ended)
      return seeOther(digest === undefined ? `?view=sessions&said=${ended}` : `?owner=${digest}&said=${ended}`)
    }
    case 'end-others':
    case 'end-all': {
      const isAll = field('do') === 'end-all'
      if (owner === '' || (!isAll && except === '')) break
      return toOwner(owner, await sessions.endAll(owner, isAll ? {} : { except }))
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
