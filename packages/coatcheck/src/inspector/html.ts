/** A piece of a page, escaped already. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Piece = Html | string | number | false | undefined | readonly Piece[]

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A template whose values are escaped, in text and in quoted attributes alike; pieces and lists of them go in as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  let text = parts[0] ?? ''
  values.forEach((value, at) => {
    text += textOf(value) + (parts[at + 1] ?? '')
  })
  return new Html(text)
}

function textOf(piece: Piece): string {
  if (piece instanceof Html) return piece.text
  if (piece === undefined || piece === false) return ''
  if (typeof piece === 'object') return piece.map(textOf).join('')
  return String(piece).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
}
