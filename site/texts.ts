// For programs that read: the whole site as text, and a list of its pages.
import type { Placed } from './navigation.ts'
import type { Page } from './pages.ts'

const sectionsWithPages = (sections: readonly Placed[], pages: readonly Page[]) =>
  sections.map(({ title, pages: named }) => ({
    title,
    pages: named.flatMap((source) => pages.filter((page) => page.source === source)),
  }))

/** llms.txt, as llmstxt.org has it: a title, a summary, and a list of pages as Markdown. */
export function llms(
  sections: readonly Placed[],
  pages: readonly Page[],
  api: readonly { readonly name: string; readonly path: string }[],
): string {
  const lists = sectionsWithPages(sections, pages).map(
    ({ title, pages: listed }) =>
      `## ${title === 'Decisions' ? 'Optional' : title}\n\n${listed.map(({ path, title, summary }) => `- [${title}](/${path}): ${summary}`).join('\n')}`,
  )
  const reference = api.map(({ name, path }) => `- [${name}](/${path})`).join('\n')
  return `# Coatcheck

> Sessions for every JavaScript server. With a store, parallel requests lose nothing and a sign-out is final; without one, the session is sealed in the cookie.

All pages in one file: [llms-full.txt](/llms-full.txt).

${lists.join('\n\n')}

## API reference

${reference}
`
}

/** Every page but the decisions, in the order of the sections. */
export const llmsFull = (sections: readonly Placed[], pages: readonly Page[]): string =>
  sectionsWithPages(sections, pages)
    .filter(({ title }) => title !== 'Decisions')
    .flatMap(({ pages: listed }) => listed.map(({ path, text }) => `<!-- /${path} -->\n\n${text.trim()}`))
    .join('\n\n')

/** Paths only: where the site is served is not known here. */
export const sitemap = (paths: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${paths.map((path) => `  <url><loc>/${path}</loc></url>`).join('\n')}
</urlset>
`
