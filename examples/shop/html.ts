import { html, raw } from 'hono/html'

export type Html = ReturnType<typeof html>
export { html, raw }

/** `text` with its `{name}`s replaced by pieces of a page. */
export function rich(text: string, pieces: Readonly<Record<string, Html>>): readonly (Html | string)[] {
  return text.split(/\{(\w+)\}/).map((part, at) => (at % 2 === 1 ? (pieces[part] ?? part) : part))
}
