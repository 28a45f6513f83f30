import { drawing } from './art.ts'
import { type Cart, type Line, linesOf, MOST } from './cart.ts'
import { type Article, goods } from './goods.ts'
import { type Html, html, raw, rich } from './html.ts'
import type { Parts } from './layout.ts'
import type { demoPeople, Person } from './people.ts'
import { codeSection, trialsSection } from './trials/section.ts'
import { fill, type Language, type Words } from './words/index.ts'

/** What the pages below need of a view. */
interface Reader {
  readonly language: Language
  readonly words: Words
}

const euros = ({ language }: Reader, cents: number): string =>
  new Intl.NumberFormat(language, { style: 'currency', currency: 'EUR' }).format(cents / 100)

const time = ({ language }: Reader, at: number | undefined): string =>
  at === undefined ? '' : new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(at)

export function goodsPage(reader: Reader, cart: Cart): Parts {
  const { words } = reader
  return {
    content: trialsSection(words, reader.language),
    beside: codeSection(words),
    rest: html`
      <h2 class="hanging">${words.goodsTitle}</h2>
      <p class="lead">${words.goodsLead}</p>
      <ul class="goods">${goods.map((article) => card(reader, article, cart[article.id] ?? 0))}</ul>`,
  }
}

function card(reader: Reader, article: Article, quantity: number): Html {
  const { words, language } = reader
  const { name, about } = article.words[language]
  return html`
    <li id="${article.id}" tabindex="-1">
      ${drawing(article.id)}
      <h3>${name}</h3>
      <p>${about}</p>
      <p class="price">${euros(reader, article.cents)}${quantity > 0 && html` <span class="quiet">${fill(words.inCart, { count: quantity })}</span>`}</p>
      <form method="post" action="/cart/add">
        <input type="hidden" name="article" value="${article.id}">
        <button>${words.add} <span class="unseen">${name}</span></button>
      </form>
    </li>`
}

export function cartPage(reader: Reader, cart: Cart): Html {
  const { words } = reader
  const lines = linesOf(cart)
  if (lines.length === 0) return html`<p class="lead">${words.cartEmpty}</p><p><a class="button" href="/">${words.toShop}</a></p>`
  const total = lines.reduce((sum, { cents }) => sum + cents, 0)
  return html`
    <ul class="cart">${lines.map((line) => cartLine(reader, line))}</ul>
    <p class="total">${words.total} <b class="price">${euros(reader, total)}</b></p>
    <p class="quiet">${words.counter}</p>`
}

function cartLine(reader: Reader, { article, quantity, cents }: Line): Html {
  const { words } = reader
  const { id } = article
  const { name } = article.words[reader.language]
  return html`
    <li>
      ${drawing(id)}
      <h2>${name}</h2>
      <p class="price">${euros(reader, cents)}</p>
      <div class="changes">
        <form method="post" action="/cart/quantity">
          <input type="hidden" name="article" value="${id}">
          <label class="unseen" for="quantity-${id}">${fill(words.quantityOf, { name })}</label>
          <input id="quantity-${id}" name="quantity" type="number" inputmode="numeric" min="0" max="${MOST}" required value="${quantity}">
          <button class="plain">${words.change} <span class="unseen">${name}</span></button>
        </form>
        <form method="post" action="/cart/remove">
          <button class="plain" name="article" value="${id}">${words.remove} <span class="unseen">${name}</span></button>
        </form>
      </div>
    </li>`
}

/** `wrong`: an attempt failed, and was made under this name. */
export function signInPage({ words }: Reader, people: typeof demoPeople, wrong: string | undefined): Html {
  const invalid = wrong !== undefined && raw(' aria-invalid="true" aria-describedby="notice"')
  return html`
    <p class="lead">${words.signInLead}</p>
    <form method="post" action="/sign-in" class="card">
      <label for="name">${words.name}</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="40" value="${wrong ?? ''}"${invalid}>
      <label for="password">${words.password}</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${invalid}>
      <button>${words.signIn}</button>
    </form>
    <p>${words.demo}</p>
    <dl class="facts">
      ${people.map(({ id, password }) => html`<div><dt><code>${id}</code></dt><dd><code>${password}</code></dd></div>`)}
    </dl>`
}

export interface AccountFacts {
  readonly began: number | undefined
  readonly ends: number | undefined
  readonly handle: string | undefined
  readonly cookieName: string
  readonly origin: string
}

export function accountPage(reader: Reader, facts: AccountFacts): Html {
  const { words } = reader
  const { began, ends, handle = '', cookieName, origin } = facts
  return html`
    <p class="lead">${words.accountLead}</p>
    <dl class="facts">
      <div><dt>${words.began}</dt><dd>${time(reader, began)}</dd></div>
      <div><dt>${words.ends}</dt><dd>${time(reader, ends)}</dd></div>
      <div><dt>${words.handle}</dt><dd><code>${handle.slice(0, 12)}…</code> <span class="quiet">(${words.handleNote})</span></dd></div>
    </dl>
    <form method="post" action="/sign-out"><button>${words.signOut}</button></form>
    <section class="card">
      <h2>${words.finalTitle}</h2>
      <p>${words.finalLead}</p>
      <ul>
        <li>${words.finalBack}</li>
        <li>${rich(words.finalCopy, { cookie: html`<code>${cookieName}</code>` })}
          <code class="command">curl -i -H 'Cookie: ${cookieName}=…' ${origin}/account</code>
          ${words.finalSee}</li>
      </ul>
    </section>`
}

export function accountTitle({ words }: Reader, { name }: Person): string {
  return fill(words.accountTitle, { name })
}

/** A page that only says something. */
export function plainPage({ words }: Reader, text: string): Html {
  return html`<p class="lead">${text}</p><p><a class="button" href="/">${words.toShop}</a></p>`
}
