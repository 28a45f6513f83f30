// Decides whose turn it is: every step waits here until it is granted, and one is granted at a time.

/** Runs `act` when it is this step's turn, and gives back what it gave. */
export type Step = <T>(call: string, act: () => T | Promise<T>) => Promise<T>

export interface Scheduler {
  /** Waits for its turn, then runs `act`. `process` is who dies together; `call` names the step in a schedule. */
  step<T>(process: string, call: string, act: () => T | Promise<T>): Promise<T>
}

/** Events that may happen between two steps. */
export interface Rules {
  /** At most one process dies, before or after any of its steps. */
  readonly kill: boolean
  /** At most one call is carried out twice. */
  readonly double: boolean
  /** How often a process that could go on is made to wait for another. */
  readonly maxPreemptions: number
}

/** One thing that can happen next. */
export interface Choice {
  readonly label: string
  readonly process: string
  readonly how: 'go' | 'go, then resend' | 'go, then die' | 'die'
  readonly waiting?: Waiting
}

interface Waiting {
  readonly process: string
  readonly call: string
  readonly act: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  readonly again: boolean
  /** Decisions made when it arrived: a process dies only right after it moved, because later makes no difference. */
  readonly arrived: number
}

/** Calls without effect: carrying them out twice, or dying after one, shows nothing that another order does not. */
const READS = new Set(['read', 'list', 'listByOwner'])

/** A scheduler for one run. Steps pass freely until `hold` is called and again after `release`. */
export class Turns implements Scheduler {
  killed: string | undefined
  #waiting: Waiting[] = []
  #holding = false
  #running = false
  #doubled = false
  #last: string | undefined
  #preemptions = 0
  #decisions = 0
  readonly #rules: Rules

  constructor(rules: Rules) {
    this.#rules = rules
  }

  hold(): void {
    this.#holding = true
  }

  release(): void {
    this.#holding = false
  }

  step<T>(process: string, call: string, act: () => T | Promise<T>): Promise<T> {
    if (process === this.killed) return new Promise(() => {})
    // Calls of a running step are part of that step.
    if (!this.#holding || this.#running) return (async () => act())()
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ process, call, act, resolve, reject, again: false, arrived: this.#decisions })
    })
  }

  /** The possible next steps; the process that moved last comes first. Nothing when no step waits. */
  choices(): Choice[] {
    const { kill, double, maxPreemptions } = this.#rules
    const going = this.#waiting.filter(({ process }) => process === this.#last)
    const others = this.#waiting.filter(({ process }) => process !== this.#last)
    const open = going.length > 0 && this.#preemptions >= maxPreemptions ? going : [...going, ...others]
    const choices: Choice[] = []
    const seen = new Map<string, number>()
    for (const waiting of open) {
      const { process, call, again } = waiting
      const name = `${process}.${call}${again ? ' again' : ''}`
      const nth = (seen.get(name) ?? 0) + 1
      seen.set(name, nth)
      const label = nth === 1 ? name : `${name} #${nth}`
      choices.push({ label, process, how: 'go', waiting })
      if (READS.has(call)) continue
      if (double && !this.#doubled) choices.push({ label: `${label}, resent`, process, how: 'go, then resend', waiting })
      if (kill && !this.killed) choices.push({ label: `${label}, then ${process} dies`, process, how: 'go, then die', waiting })
    }
    if (kill && !this.killed) {
      const moved = new Set(this.#waiting.filter(({ arrived }) => arrived === this.#decisions).map(({ process }) => process))
      for (const process of moved) choices.push({ label: `${process} dies`, process, how: 'die' })
    }
    return choices
  }

  /** All on which choices depend from now on. */
  state(): unknown {
    const { kill, maxPreemptions } = this.#rules
    const isNew = (arrived: number) => kill && this.killed === undefined && arrived === this.#decisions
    const waiting = this.#waiting.map(({ process, call, again, arrived }) => [process, call, again, isNew(arrived)].join())
    const bound = Number.isFinite(maxPreemptions) ? [this.#last, this.#preemptions] : []
    return [this.killed, this.#doubled, waiting.sort(), ...bound]
  }

  /** Lets `choice` happen, and waits until it has. */
  async take({ process, how, waiting }: Choice): Promise<void> {
    this.#decisions++
    if (!waiting) return this.#die(process)
    if (this.#last !== process && this.#waiting.some((other) => other.process === this.#last)) this.#preemptions++
    this.#last = process
    this.#waiting = this.#waiting.filter((other) => other !== waiting)
    this.#running = true
    let answer: () => void
    try {
      const value = (await waiting.act()) as never
      answer = () => waiting.resolve(value)
    } catch (error) {
      answer = () => waiting.reject(error)
    } finally {
      this.#running = false
    }
    if (how === 'go') return answer()
    // In the two other cases nobody ever hears the answer, whatever it was.
    if (how === 'go, then die') return this.#die(process)
    this.#doubled = true
    this.#waiting.push({ ...waiting, again: true, arrived: this.#decisions })
  }

  #die(process: string): void {
    this.killed = process
    this.#waiting = this.#waiting.filter((waiting) => waiting.process !== process)
  }
}

/** The same store, each of whose calls waits for its turn as a step of `process`. */
export function stepped<S extends object>(store: S, scheduler: Scheduler, process: string): S {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => scheduler.step(process, String(name), () => Reflect.apply(value, target, args))
    },
  })
}

/** Resolves when every promise that could be settled has been: a new task starts only then. */
export const quiet = (): Promise<void> => new Promise((resolve) => afterThisTask(resolve))

const afterThisTask: (go: () => void) => void = typeof setImmediate === 'function' ? setImmediate : (go) => setTimeout(go, 0)
