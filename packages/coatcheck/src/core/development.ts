import type { Core } from './request/load.ts'
import type { Witness } from './request/witness.ts'

/** What a developer wants to see of requests. */
export interface Wishes {
  /** A line on the console for each. */
  readonly lines: boolean
  /** A header on each response that uses the session. */
  readonly header: boolean
}

/** The permission that Deno asks its user for. */
interface DenoLike {
  readonly permissions?: { querySync?(what: { name: 'env'; variable: string }): { readonly state: string } }
}

/**
 * What the process says of itself: a header if NODE_ENV is `development`, lines if DEBUG names `coatcheck` and NODE_ENV is not `production`.
 * undefined: neither, or there is no process to ask, or nobody may. A process that says nothing is taken for one in production.
 */
export function development(): Wishes | undefined {
  const mode = variable('NODE_ENV')
  if (mode === 'production') return undefined
  const lines = names(variable('DEBUG') ?? '')
  const header = mode === 'development'
  return lines || header ? { lines, header } : undefined
}

/** As the package debug reads it: names after commas or spaces, `*` for anything, `-` before what is left out. */
function names(debug: string): boolean {
  const fits = (pattern: string) => new RegExp(`^${pattern.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')}$`).test('coatcheck')
  const all = debug.split(/[\s,]+/).filter((each) => each !== '')
  return (
    all.some((each) => !each.startsWith('-') && fits(each)) && !all.some((each) => each.startsWith('-') && fits(each.slice(1)))
  )
}

function variable(name: string): string | undefined {
  try {
    // Who may not read it would be asked on the terminal.
    const { Deno, process } = globalThis as typeof globalThis & { readonly Deno?: DenoLike }
    const state = Deno?.permissions?.querySync?.({ name: 'env', variable: name }).state ?? 'granted'
    return state === 'granted' ? process?.env?.[name] : undefined
  } catch {
    return undefined
  }
}

/** Watches from the first request on, by code that is loaded with it: a session is opened once that is there. */
export function lateWitness(core: () => Core, { lines, header }: Wishes): Witness {
  const waiting: Parameters<Witness['came']>[] = []
  let made: Witness | undefined
  let loading: Promise<void> | undefined
  const load = async (): Promise<void> => {
    try {
      const { DevelopmentWitness } = await import('./later.ts')
      made = new DevelopmentWitness(core(), lines ? (line) => console.debug(line) : undefined)
      for (const came of waiting.splice(0)) made.came(...came)
    } catch (error) {
      console.error('coatcheck: what explains requests was not loaded; they go on.', error)
    }
    loading = undefined
  }
  return {
    get ready() {
      return loading
    },
    came(...came) {
      if (made) return made.came(...came)
      waiting.push(came)
      loading ??= load()
    },
    isLost: (one) => made?.isLost(one) ?? false,
    timing: (one) => (header ? made?.timing(one) : undefined),
    left(one) {
      if (made) made.left(one)
      else void loading?.then(() => made?.left(one))
    },
  }
}
