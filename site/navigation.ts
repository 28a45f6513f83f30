/** A part of the site. A page is named by its path from the root of the repository; `folder/*` means each page there that no other line names. */
export interface Section {
  readonly title: string
  readonly pages: readonly string[]
  /** Readers open it when they need it. */
  readonly isFolded?: boolean
}

/** What stands at the left of each page, in this order. A test says which page is missing here; a page that is not there yet shows nowhere. */
export const SECTIONS: readonly Section[] = [
  { title: 'Begin', pages: ['docs/concepts.md', 'docs/init.md', 'docs/glossary.md'] },
  { title: 'Guide', pages: ['docs/guide.md', 'docs/owners.md', 'docs/schemas.md', 'docs/csrf.md', 'docs/websocket.md'] },
  { title: 'Adapters', pages: ['docs/frameworks.md', 'docs/frameworks/*', 'docs/adapters.md'], isFolded: true },
  { title: 'Stores', pages: ['docs/stores.md', 'docs/stores/*'], isFolded: true },
  { title: 'Moving', pages: ['docs/migrate.md', 'docs/migrate-libraries.md', 'docs/migrate-limits.md', 'docs/moving-stores.md'] },
  {
    title: 'Security',
    pages: [
      'docs/security.md',
      'docs/secrets.md',
      'docs/device-bound.md',
      'docs/security-formats.md',
      'docs/security-junk.md',
      'docs/asvs.md',
      'SECURITY.md',
    ],
  },
  { title: 'Testing', pages: ['docs/testing-apps.md', 'docs/testing.md', 'docs/recipes/testing.md'] },
  {
    title: 'Operating',
    pages: [
      'docs/explain.md',
      'docs/inspector.md',
      'docs/cli.md',
      'docs/cli-codes.md',
      'docs/errors.md',
      'docs/events.md',
      'docs/otel.md',
      'docs/recipes/behind-a-proxy.md',
    ],
  },
  { title: 'Recipes', pages: ['docs/recipes.md', 'docs/recipes/*'] },
  { title: 'Measured', pages: ['bench/results.md', 'bench/http.md'] },
  { title: 'Names that frameworks document', pages: ['docs/frameworks/names/*'], isFolded: true },
  { title: 'The project', pages: ['docs/architecture.md', 'CONTRIBUTING.md', 'CHANGELOG.md'], isFolded: true },
  { title: 'Decisions', pages: ['docs/decisions/*'], isFolded: true },
]

/** Pages that are not below docs/, and where the site has them. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'reporting.md',
  'bench/http.md': 'benchmark-http.md',
  'bench/results.md': 'benchmark.md',
}

const isNamedBy = (pattern: string, path: string): boolean =>
  pattern.endsWith('/*') ? path.slice(0, path.lastIndexOf('/')) === pattern.slice(0, -2) : pattern === path

export interface Placed {
  readonly title: string
  readonly isFolded: boolean
  readonly pages: readonly string[]
}

/** The sections with the pages that are there, each page once. */
export function placed(paths: readonly string[], sections: readonly Section[] = SECTIONS): Placed[] {
  const named = new Set(sections.flatMap(({ pages }) => pages))
  return sections.map(({ title, pages, isFolded = false }) => ({
    title,
    isFolded,
    pages: pages.flatMap((each) => paths.filter((path) => isNamedBy(each, path) && (each === path || !named.has(path)))),
  }))
}

/** What is wrong with the sections, a line for each. */
export function misplaced(paths: readonly string[], sections: readonly Section[] = SECTIONS): string[] {
  const shown = placed(paths, sections).flatMap(({ pages }) => pages)
  return [
    ...paths
      .filter((path) => !shown.includes(path))
      .map(
        (path) =>
          `${path} is in no section of the docs site: add it to SECTIONS in site/navigation.ts, where readers look for it.`,
      ),
    ...shown
      .filter((path, index) => shown.indexOf(path) !== index)
      .map((path) => `site/navigation.ts names ${path} twice: leave it in one section.`),
  ]
}
