import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MarkdownRenderer } from 'vitepress'
import type { Outline } from '../assemble.ts'
import { anchorOf } from '../markdown.ts'
import { searching } from '../searching.ts'

type RenderRule = NonNullable<MarkdownRenderer['renderer']['rules']['th_open']>

const outline = JSON.parse(readFileSync(new URL('../.cache/outline.json', import.meta.url), 'utf8')) as Outline

export default defineConfig({
  srcDir: '.cache/pages',
  outDir: 'dist',
  cacheDir: '.cache/vitepress',
  lang: 'en',
  title: 'Coatcheck',
  description: 'Sessions for every JavaScript server: hand over the data, keep a ticket.',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  metaChunk: true,
  vite: {
    resolve: {
      alias: [{ find: /^.*\/VPSidebarGroup\.vue$/, replacement: fileURLToPath(new URL('./theme/groups.ts', import.meta.url)) }],
    },
  },
  // VitePress leaves this page to scripts.
  transformHtml: (html, _id, { page }) =>
    page === '404.md'
      ? html.replace(
          '<div id="app"></div>',
          (app) => `${app}<noscript><h1>There is no such page</h1><p><a href="/pages.html">All pages</a></p></noscript>`,
        )
      : html,
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // Braces of a page are its own.
    attrs: { disable: true },
    anchor: { slugify: anchorOf },
    config(md) {
      // Vue would take two braces for an expression of its own.
      const text = md.renderer.rules.text
      md.renderer.rules.text = (...given) => (text?.(...given) ?? '').replaceAll('{{', '&#123;&#123;')
      // What may be wider than a phone scrolls by itself, also by keyboard.
      md.renderer.rules.table_open = () => '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n'
      md.renderer.rules.table_close = () => '</table></div>\n'
      // A column without a name has no heading.
      const cell =
        (tag: 'open' | 'close'): RenderRule =>
        (tokens, at, options, _env, self) => {
          const token = tokens[at]
          const name = tokens[tag === 'open' ? at + 1 : at - 1]
          if (token && name?.content === '') token.tag = 'td'
          return self.renderToken(tokens, at, options)
        }
      md.renderer.rules.th_open = cell('open')
      md.renderer.rules.th_close = cell('close')
    },
  },
  themeConfig: {
    siteTitle: 'Coatcheck',
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Adapters', link: '/frameworks' },
      { text: 'Stores', link: '/stores' },
      { text: 'Security', link: '/security' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: outline.sidebar.map(({ text, collapsed, items }) => ({ text, collapsed, items: [...items] })),
    outline: { level: [2, 3], label: 'On this page' },
    search: { provider: 'local', options: { miniSearch: searching, disableQueryPersistence: true, _render: searched } },
    socialLinks: [{ icon: 'github', link: outline.repository, ariaLabel: 'The repository' }],
    editLink: {
      text: 'The source of this page',
      pattern: ({ frontmatter }) => `https://github.com/coatcheck/coatcheck/blob/main/${frontmatter.source}`,
    },
    docFooter: { prev: 'Before', next: 'Next' },
  },
})

/** Headings that TypeDoc repeats for each function: nobody looks for them. */
const REPEATED =
  /<h\d[^>]*>(?:Parameters|Returns|Inherited from|Overrides|Type Parameters|Properties|Methods|Implementation of|Call Signature)\b[\s\S]*?<\/h\d>/g

/** What the search index holds of a page: of the API reference names and sentences, without signatures and tables. */
function searched(
  source: string,
  env: { frontmatter?: Record<string, unknown> },
  md: { render(source: string, env: object): string },
): string {
  // Colours would cost half of the build.
  const html = md.render(source.replace(/^(\s*```)[a-z]+$/gm, '$1txt'), env)
  if (env.frontmatter?.search === false) return ''
  return env.frontmatter?.isReference
    ? html.replace(/<div class="(?:wide|language-)[\s\S]*?<\/div>/g, '').replace(REPEATED, '')
    : html
}
