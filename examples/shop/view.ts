import type { Session } from 'coatcheck'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Cart, countOf } from './cart.ts'
import { articleOf, type GoodsId } from './goods.ts'
import { type Html, html } from './html.ts'
import { layout, type Parts, type View } from './layout.ts'
import { plainPage } from './pages.ts'
import { panel } from './panel.ts'
import { trace } from './trace.ts'
import { fill, isLanguage, type Language, preferred, words } from './words/index.ts'

/** What a session keeps. */
export interface ShopData {
  language: Language
  cart: Cart
}

/** What it tells once. */
export interface ShopFlash {
  notice: Notice
}

type Notice =
  | { readonly say: 'added' | 'changed' | 'removed'; readonly article: GoodsId }
  | { readonly say: 'signedIn' | 'wrongPassword'; readonly name: string }
  | { readonly say: 'signedOut' }

/** Empty until something is put into it. */
export function cartOf(session: Session<ShopData, ShopFlash>): Cart {
  return session.get('cart') ?? {}
}

/** Without a session: for what must not or cannot ask for it. */
export function viewOf(c: Context, session?: Session<ShopData, ShopFlash>): View {
  const chosen = session?.get('language')
  const language = isLanguage(chosen) ? chosen : preferred(c.req.header('accept-language'))
  return {
    language,
    words: words[language],
    path: c.req.path,
    count: session ? countOf(cartOf(session)) : 0,
    signedIn: session?.owner !== undefined,
    notice: undefined,
  }
}

/** With what was left to be told, which is told once. */
export function greeted(c: Context, session: Session<ShopData, ShopFlash>): View & { readonly wrongName: string | undefined } {
  const view = viewOf(c, session)
  const notice = session.flash('notice')
  if (!notice) return { ...view, wrongName: undefined }
  const { say, ...about } = notice
  const name =
    'article' in about ? (articleOf(about.article)?.words[view.language].name ?? '') : 'name' in about ? about.name : ''
  const isWrong = say === 'wrongPassword'
  return {
    ...view,
    wrongName: isWrong ? name : undefined,
    notice: { role: isWrong ? 'alert' : 'status', text: fill(view.words[say], { name }) },
  }
}

/** A page that only says what is the matter. */
export function sorry(
  c: Context,
  view: View,
  status: ContentfulStatusCode,
  name: 'notFound' | 'refused' | 'broken',
): Promise<Response> {
  return page(c, view, view.words[`${name}Title`], plainPage(view, view.words[`${name}Text`]), status)
}

export async function page(
  c: Context,
  view: View,
  title: string,
  content: Html | Parts,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const step = trace()
  if (step) step.panel = (steps) => panel(steps.slice(0, -1), steps.at(-1), view.words)
  c.header('vary', 'Accept-Language')
  // What only a signed-in person may see is not to be found with the back button after signing out.
  if (view.signedIn || status >= 400) c.header('cache-control', 'no-store')
  const parts = 'content' in content ? content : { content: html`<h1>${title}</h1>${content}` }
  return c.html(layout(view, title, parts), status)
}
