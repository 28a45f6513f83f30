/** What the address of a page says. */
export class Query {
  readonly #search: URLSearchParams

  constructor(url: string) {
    this.#search = new URL(url).searchParams
  }

  /** undefined: it is not there, or empty. */
  text(name: string): string | undefined {
    const value = this.#search.get(name)
    return value === null || value === '' ? undefined : value.slice(0, LONGEST)
  }

  one<T extends string>(name: string, of: readonly T[]): T {
    const value = this.#search.get(name)
    return of.find((each) => each === value) ?? (of[0] as T)
  }

  /** The same page with these changed; undefined: left out. */
  with(changes: Readonly<Record<string, string | undefined>>): string {
    const next = new URLSearchParams()
    for (const name of KEPT) {
      const value = name in changes ? changes[name] : this.text(name)
      if (value !== undefined) next.set(name, value)
    }
    return `?${next}`
  }
}

const LONGEST = 300
/** The order in which addresses name them. */
const KEPT = ['view', 'session', 'owner', 'in', 'q', 'type', 'of', 'sort', 'limit', 'after', 'span'] as const
