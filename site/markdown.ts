// What the site does to the text of a page. The pages are written for GitHub; nothing here changes what they say.

/** A stretch of a page: prose, or a fenced block with its fences. */
export interface Part {
  readonly isCode: boolean
  readonly text: string
}

const fence = /^(?:[\s>]|[-*+]\s|\d+[.)]\s)*(`{3,}|~{3,})/

/** The parts of a page, without comments: those are for the tests. */
export function partsOf(page: string): Part[] {
  const parts: Part[] = []
  const lines = page.split('\n')
  let prose: string[] = []
  const endProse = (): void => {
    if (prose.length > 0) parts.push({ isCode: false, text: prose.join('\n') })
    prose = []
  }
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const mark = fence.exec(line)?.[1]
    if (mark) {
      endProse()
      const isEnd = (text: string): boolean => text.replace(/^[\s>]*/, '').trimEnd() === mark
      const end = lines.findIndex((text, index) => index > at && isEnd(text))
      const last = end < 0 ? lines.length - 1 : end
      parts.push({ isCode: true, text: lines.slice(at, last + 1).join('\n') })
      at = last
    } else if (/^\s*<!--/.test(line)) {
      const end = lines.findIndex((text, index) => index >= at && text.includes('-->'))
      at = end < 0 ? lines.length - 1 : end
      const rest = (lines[at] ?? '').replace(/^.*?-->/, '')
      if (rest.trim() !== '') prose.push(rest)
    } else prose.push(line)
  }
  endProse()
  return parts
}

/** Changes what stands outside of code, and leaves code as it is. */
export const inProse = (parts: readonly Part[], change: (prose: string) => string): string =>
  parts.map(({ isCode, text }) => (isCode ? text : change(text))).join('\n')

const targets =
  /(`+)(?:(?!\1)[\s\S])+?\1(?!`)|(!?)\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^()\s]+)\)|(<(?:img|source)\b[^>]*?\s(?:src|srcset)=")([^"\s]+)/g

/** Gives each link and each image of the prose another target. */
export const withTargets = (prose: string, targetOf: (target: string, isImage: boolean) => string): string =>
  prose.replace(targets, (all, code?: string, mark?: string, label?: string, target?: string, image?: string, source?: string) =>
    code
      ? all
      : image && source
        ? `${image}${targetOf(source, true)}`
        : `${mark}[${label}](${targetOf(target ?? '', mark === '!')})`,
  )

/** Tests run no block of a framework that needs a build, so pages call those `text`. Readers want their colours. */
export const withColours = ({ isCode, text }: Part): Part =>
  isCode && /^\s*```text\n/.test(text) && /^\s*(?:import|export|const|declare) /m.test(text)
    ? { isCode, text: text.replace('```text', '```ts') }
    : { isCode, text }

/** The anchor of a heading, as GitHub makes it. The first space of " – " and the second are a hyphen each. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')

/** Prose without its marks. */
export const plain = (prose: string): string =>
  prose
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export const titleOf = (parts: readonly Part[]): string => {
  const prose = parts.filter(({ isCode }) => !isCode).map(({ text }) => text)
  return plain(/^# (.+)$/m.exec(prose.join('\n'))?.[1] ?? '')
}

/** The first paragraph, cut after a sentence where it is long. */
export function summaryOf(parts: readonly Part[]): string {
  const paragraphs = parts.flatMap(({ isCode, text }) => (isCode ? [] : text.split(/\n\s*\n/)))
  const first = plain(paragraphs.find((each) => /^\s*[\p{L}`*[“"]/u.test(each) && !/^\s*[*-] /.test(each)) ?? '')
  if (first.length <= 200) return first
  const end = first.lastIndexOf('. ', 200)
  return end > 60 ? first.slice(0, end + 1) : `${first.slice(0, first.lastIndexOf(' ', 199))} …`
}
