import { type Html, html, type Piece } from './html.ts'

/** The pages of the navigation, by the `view` that names them. */
export const VIEWS = { sessions: 'Sessions', events: 'Timeline', plots: 'Plots', store: 'Store' } as const
export type View = keyof typeof VIEWS

export interface Parts {
  readonly title: string
  readonly view?: View | undefined
  readonly content: Piece
  /** Beside the heading. */
  readonly beside?: Piece
  /** With the script of the timeline. */
  readonly isLive?: boolean
}

/**
 * A whole page. Every link is a query alone, such as `?view=plots`: so the pages work under whatever path the application has put them, also where
 * a router has cut that path off.
 */
export function layout({ title, view, content, beside, isLive }: Parts): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Session inspector</title>
<link rel="icon" href="?asset=icon.svg">
<link rel="stylesheet" href="?asset=style.css">
${isLive && html`<script type="module" src="?asset=live.js"></script>`}
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p>Coatcheck<span>inspector</span></p>
<nav aria-label="Pages">
${Object.entries(VIEWS).map(([name, text]) => html`<a href="?view=${name}"${name === view && html` aria-current="page"`}>${text}</a>`)}
</nav>
</header>
<main id="content" tabindex="-1">
<div class="head"><h1>${title}</h1>${beside}</div>
${content}
</main>
<footer><p>Times are UTC. No ticket, id or secret is on these pages; handles open nothing.</p></footer>
</body>
</html>`
}

/** A table that scrolls by itself where it is too wide. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="Table: ${label}" tabindex="0">${table}</div>`
}
