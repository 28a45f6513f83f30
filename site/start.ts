// The start page: start.md, and what it takes from pages that say it already.
import { chartOf, type Group } from './chart.ts'
import { type Part, partsOf, withColours } from './markdown.ts'
import { read, withSiteLinks } from './pages.ts'

/** A framework's tab: the first blocks of a page of which the text contains each of these. */
export interface Tab {
  readonly label: string
  readonly page: string
  readonly blocks: readonly string[]
}

export const TABS: readonly Tab[] = [
  { label: 'Node', page: 'README.md', blocks: ["from 'coatcheck/node'"] },
  {
    label: 'Express',
    page: 'docs/frameworks/express-session.md',
    blocks: ["- import session from 'express-session'", "from 'coatcheck/express-session'"],
  },
  { label: 'Hono', page: 'README.md', blocks: ["from 'coatcheck/hono'"] },
  { label: 'Next.js', page: 'docs/frameworks/next.md', blocks: ["from 'coatcheck/next'", 'export const signIn'] },
  {
    label: 'Fastify',
    page: 'docs/frameworks/fastify.md',
    blocks: ["- import fastifySession from '@fastify/session'", "from 'coatcheck/fastify'"],
  },
  { label: 'Astro', page: 'docs/frameworks/astro.md', blocks: ["from 'coatcheck/astro'", 'session?.regenerate()'] },
  { label: 'SvelteKit', page: 'docs/frameworks/sveltekit.md', blocks: ['createSessions<', "from 'coatcheck/sveltekit'"] },
  { label: 'Nuxt', page: 'docs/frameworks/nuxt.md', blocks: ["modules: ['coatcheck/nuxt']", 'session.rotate()'] },
  {
    label: 'React Router',
    page: 'docs/frameworks/react-router.md',
    blocks: ['+ import { createCookieSessionStorage }', 'export const { getSession'],
  },
  { label: 'Remix 3', page: 'docs/frameworks/remix-3.md', blocks: ["from 'coatcheck/remix3'"] },
  { label: 'TanStack', page: 'docs/frameworks/tanstack-start.md', blocks: ["from 'coatcheck/tanstack-start'", 'createStart('] },
  { label: 'Nest', page: 'docs/frameworks/nest.md', blocks: ['createParamDecorator', '@Controller()'] },
  { label: 'Koa', page: 'docs/frameworks/koa.md', blocks: ["- import session from 'koa-session'", "from 'coatcheck/koa'"] },
  { label: 'Elysia', page: 'docs/frameworks/elysia.md', blocks: ["from 'coatcheck/elysia'"] },
]

/** The block of a page that contains this, as it stands there, with the line before it that names its file. */
function blockOf(page: string, wanted: string, not: readonly string[]): string {
  const parts = partsOf(read(page))
  const at = parts.findIndex(({ isCode, text }) => isCode && text.includes(wanted) && !not.includes(text))
  const block = parts[at]
  if (!block) throw new Error(`${page} has no block of code with “${wanted}” any more: correct TABS in site/start.ts.`)
  const file = /(?:^|\n)(\*\*[^*\n]+\*\*)[^\n]*\n*$/.exec(parts[at - 1]?.text ?? '')?.[1]
  return [...(file ? [file] : []), withColours(block).text].join('\n\n')
}

function panelOf({ label, page, blocks }: Tab): string {
  const shown: string[] = []
  for (const wanted of blocks) shown.push(blockOf(page, wanted, shown))
  const more =
    page === 'README.md' ? '[The guide](/guide.md#opening)' : `[The page about ${label}](/${page.replace('docs/', '')})`
  return `<div class="panel">\n\n${shown.join('\n\n')}\n\n${more} goes on from here.\n\n</div>`
}

/** Buttons of one choice (radio buttons), which work without JavaScript and with the arrow keys. */
export function tabs(): string {
  const labels = TABS.map(
    ({ label }, at) =>
      `<input type="radio" name="framework" id="framework-${at}"${at === 0 ? ' checked' : ''}><label for="framework-${at}">${label}</label>`,
  )
  return `<fieldset class="tabs">\n<legend>Your framework</legend>\n${labels.join('\n')}\n${TABS.map(panelOf).join('\n')}\n</fieldset>`
}

/** The text of a section of a page, without its heading. */
function sectionOf(page: string, heading: string): Part[] {
  const [, after] = `\n${read(page)}`.split(`\n## ${heading}\n`)
  if (after === undefined) throw new Error(`${page} has no section “${heading}” any more: correct site/start.ts.`)
  return partsOf(after.split('\n## ')[0] ?? '')
}

/** Numbers of our own tables, each with where it stands. */
export function figures(groups: readonly Group[]): string {
  const rows = groups.flatMap(({ rows }) => rows)
  const others = rows.filter(({ by }) => by === 'them')
  const losing = others.filter(({ lost }) => lost > 0)
  const kept = groups.filter(({ title }) => !/cookie/.test(title)).flatMap(({ rows }) => rows.filter(({ by }) => by === 'us'))
  const worst = Math.max(...kept.map(({ lost }) => lost))
  const tableRows = (page: string, pattern: RegExp): number => [...read(page).matchAll(pattern)].length
  const stores = new Set([...read('docs/stores.md').matchAll(/`coatcheck\/stores\/([\w-]+)`/g)].map(([, name]) => name)).size
  const cards = [
    [
      `${worst} of 32`,
      `parallel writes lost, in each of ${kept.length} measurements with a store. Of ${others.length} with other libraries, ${losing.length} lose some.`,
      '/benchmark.md',
    ],
    [
      String(tableRows('docs/frameworks.md', /^\| [^|]+ \| `coatcheck\//gm)),
      'frameworks and interfaces: keep your code and change one import. Visitors stay signed in.',
      '/frameworks.md',
    ],
    [
      String(stores),
      'stores, tried by one suite on their real engines; where one promises less, the table says it.',
      '/stores.md#what-each-promises',
    ],
    [
      String(tableRows('docs/security.md', /^\| \d+ \| \*\*/gm)),
      'promises of security, each with the tests that show it.',
      '/security.md#the-promises',
    ],
  ]
  return `<ul class="figures">\n${cards.map(([value, label, link]) => `<li>\n\n**${value}** ${label} [Table](${link})\n\n</li>`).join('\n')}\n</ul>`
}

/** start.md with its places filled. */
export function startPage(groups: readonly Group[], images: Set<string>): string {
  const filled: Readonly<Record<string, () => string>> = {
    figures: () => figures(groups),
    why: () => withSiteLinks('README.md', sectionOf('README.md', 'Why'), images),
    tabs,
    chart: () =>
      groups
        .slice(0, 2)
        .map((group) => `<h3>${group.title}</h3>\n${chartOf(group)}`)
        .join('\n'),
  }
  return read('site/start.md').replace(/^<!-- (\w+) -->$/gm, (_, name: string) => {
    const fill = filled[name]
    if (!fill) throw new Error(`site/start.md: nothing is called ${name}.`)
    return fill()
  })
}
