import type { SessionEvent } from '../../core/inspecting.ts'
import { randomText } from '../../crypto/random.ts'
import { type Line, lineOf } from './line.ts'

/** What a reader of the log is given. */
export interface Part {
  readonly lines: readonly Line[]
  /** So many came after what the reader has, and are forgotten already. */
  readonly missed: number
}

/** The last events of this process, numbered. Readers keep their place themselves: one that is slow costs nothing, and misses what is forgotten. */
export class EventLog {
  readonly #most: number
  readonly #lines: Line[] = []
  /** What has come so far. */
  readonly types: Set<Line['type']> = new Set()
  #count = 0
  #name: string | undefined
  readonly #waiting = new Set<() => void>()

  constructor(most: number) {
    this.#most = most
  }

  add(event: SessionEvent): void {
    const line = lineOf(event, ++this.#count)
    this.types.add(line.type)
    this.#lines[(line.number - 1) % this.#most] = line
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  get count(): number {
    return this.#count
  }

  /** Another in each process. Drawn when it is first asked for: Workers draw nothing while they load. */
  get name(): string {
    this.#name ??= randomText(6)
    return this.#name
  }

  /** What came after line `number`. */
  after(number: number, limit: number): Part {
    const oldest = Math.max(1, this.#count - this.#most + 1)
    const from = Math.max(number + 1, oldest)
    const lines: Line[] = []
    for (let next = from; next <= this.#count && lines.length < limit; next++) {
      const line = this.#lines[(next - 1) % this.#most]
      if (line) lines.push(line)
    }
    return { lines, missed: Math.max(0, from - number - 1) }
  }

  /** The newest that are wanted, the newest first. */
  latest(limit: number, isWanted: (line: Line) => boolean = () => true): readonly Line[] {
    const found: Line[] = []
    for (let number = this.#count; number > Math.max(0, this.#count - this.#most) && found.length < limit; number--) {
      const line = this.#lines[(number - 1) % this.#most]
      if (line && isWanted(line)) found.push(line)
    }
    return found
  }

  /** Resolves when something comes. The second one gives up waiting. */
  more(): readonly [come: Promise<void>, stop: () => void] {
    let wake = (): void => {}
    const come = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#waiting.add(wake)
    const stop = (): void => {
      this.#waiting.delete(wake)
      wake()
    }
    return [come, stop]
  }

  /** How many wait, for tests. */
  get readers(): number {
    return this.#waiting.size
  }
}
