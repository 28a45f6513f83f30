import { assets } from './assets.ts'
import { type Html, html, raw, rich } from './html.ts'
import { PANEL } from './trace.ts'
import { fill, type Language, languages, type Words } from './words/index.ts'

/** Where the inspector of all sessions is. */
export const INSPECTOR = '/inspect'

/** What every page needs to know of who looks at it. */
export interface View {
  readonly language: Language
  readonly words: Words
  readonly path: string
  /** How many articles are in the cart. */
  readonly count: number
  readonly signedIn: boolean
  readonly notice: { readonly role: 'alert' | 'status'; readonly text: string } | undefined
}

export interface Parts {
  /** With the heading of the page. */
  readonly content: Html
  /** Beside it, and below the ticket. */
  readonly beside?: Html
  /** After both. */
  readonly rest?: Html
}

/** A whole page. The panel is left to be filled in when everything else is done. */
export function layout(view: View, title: string, { content, beside, rest }: Parts): Html {
  const { language, words, notice, count, signedIn } = view
  const [page, setting] = signedIn ? ['/account', words.account] : ['/sign-in', words.signIn]
  return html`<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Hook &amp; Hanger</title>
  <link rel="icon" href="${assets.icon.path}" type="image/svg+xml">
  <link rel="stylesheet" href="${assets.style.path}">
  <script type="module" src="${assets.trials.path}"></script>
</head>
<body>
  <a class="skip" href="#content">${words.skip}</a>
  <header>
    <p class="brand">
      <a href="/">${hanger}<span>Hook &amp; Hanger</span></a>
      <span class="tagline">${words.tagline}</span>
    </p>
    <nav aria-label="${words.pages}">
      ${link(view, '/', words.shop)}
      ${link(view, '/cart', html`<span id="cart-count" data-count="${count}">${fill(words.cartCount, { count })}</span>`)}
      ${link(view, page, setting)}
    </nav>
    <form class="languages" method="post" action="/language" aria-label="${words.language}">
      <input type="hidden" name="back" value="${view.path}">
      ${Object.entries(languages).map(
        ([code, name]) =>
          html`<button name="language" value="${code}" lang="${code}"${code === language && raw(' aria-current="true"')}>${name.slice(0, 2)}<span class="tail">${name.slice(2)}</span></button>`,
      )}
    </form>
  </header>
  <main class="hall" id="content" tabindex="-1">
    <div class="front">
      ${notice && html`<p class="notice ${notice.role}" id="notice" role="${notice.role}" tabindex="-1">${notice.text}</p>`}
      ${content}
    </div>
    <div class="side">
      <section id="panel" aria-labelledby="panel-title">${raw(PANEL)}</section>
      ${beside}
    </div>
    ${rest && html`<div class="rest">${rest}</div>`}
  </main>
  <footer>
    <p>${rich(words.insecure, { command: html`<code>SHOP_INSECURE=1 npm start</code>` })}</p>
    <p>${words.demoNote}</p>
    <p><a href="${INSPECTOR}">${words.inspect}</a></p>
  </footer>
</body>
</html>`
}

function link({ path }: View, to: string, text: Html | string): Html {
  return html`<a href="${to}"${path === to && raw(' aria-current="page"')}>${text}</a>`
}

const hanger = html`<svg viewBox="0 0 48 32" aria-hidden="true"><path d="M24 14v-3c0-2 4-2 4-6a4 4 0 0 0-8 0M24 14 4 25c-2 1-1 4 1 4h38c2 0 3-3 1-4z"/></svg>`
