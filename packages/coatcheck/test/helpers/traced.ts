import type { Store } from '../../src/stores/store.ts'
import type { Scheduler } from '../../src/testing/interleave.ts'

const WRITES = ['create', 'update', 'delete', 'touch']

/** What the processes of a run did to a store and were answered, told without the ids and versions that each run draws anew. */
export class Trace {
  /** Keys by who came to them first. */
  readonly #keys = new Map<string, string>()
  /** The last write of each key. */
  readonly #writers = new Map<string, string>()
  readonly #answers = new Map<string, string[]>()

  /** `key`: of the record that is there before. */
  constructor(key: string) {
    this.#keys.set(key, 'first')
  }

  /** The store as this process uses it, step by step. */
  of(store: Store, turns: Scheduler, process: string): Store {
    this.#answers.set(process, [])
    let asked = 0
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: unknown[]) => {
          const step = `${process}.${asked++}`
          return turns.step(process, String(name), async () => {
            const answer: unknown = await Reflect.apply(method, target, args)
            this.#note(process, step, String(name), String(args[0]), answer !== undefined && answer !== false)
            return answer
          })
        }
      },
    })
  }

  #note(process: string, step: string, call: string, key: string, isTaken: boolean): void {
    const known = this.#keys.get(key) ?? step
    this.#keys.set(key, known)
    const answer = call === 'read' ? this.#writers.get(known) : isTaken
    if (call !== 'read' && !WRITES.includes(call)) throw new Error(`Nobody has said what "${call}" shows of a store.`)
    if (call !== 'read' && isTaken) this.#writers.set(known, step)
    this.#answers.get(process)?.push(`${step} ${call} ${known} ${answer}`)
  }

  /** The same text where everything that can follow is the same: each process is what it was answered. */
  toString(): string {
    return JSON.stringify([[...this.#writers].sort(), [...this.#answers]])
  }
}
