import { inspect } from 'node:util'
import { afterAll, expect, type RunnerTask } from 'vitest'

/** Stands in every value that tests store and that nobody but the application may ever see. */
export const HUSH = 'hush-hush'

/**
 * Collects what the library tells the outside (events and errors) and what must not be in it (tickets, the ids inside them,
 * secrets): no token ever stands in a log.
 */
export class Discretion {
  readonly #hidden = new Set<string>([HUSH])
  readonly #told: string[] = []

  hide(text: string): void {
    if (text.length < 16) return
    this.#hidden.add(text)
    // Of a signed ticket: version, key id and MAC are 21 bytes, what follows is the session's id.
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.length === 45) this.#hidden.add(bytes.subarray(21).toString('base64url'))
  }

  /** An event or an error: everything in it, causes and hidden properties too. */
  tell(said: unknown): void {
    this.#told.push(inspect(said, { depth: 12, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity }))
  }

  /** Every Set-Cookie value and every value of `header` gives a ticket. */
  read(headers: Headers, header = 'x-session'): void {
    for (const line of headers.getSetCookie()) this.hide(line.slice(line.indexOf('=') + 1).split(';', 1)[0] ?? '')
    this.hide((headers.get(header) ?? '').replace(/^Bearer /, ''))
  }

  /** Fails when something hidden was told, or nothing although something should have been. */
  check(isTold = true): void {
    if (isTold) expect(this.#told.length, 'nothing was told: this would not notice').toBeGreaterThan(0)
    const leaks = this.#told.flatMap((text) =>
      Array.from(this.#hidden).flatMap((secret) =>
        text.includes(secret) ? [`${secret.slice(0, 12)}… in ${text.slice(0, 2000)}`] : [],
      ),
    )
    expect(leaks).toEqual([])
  }
}

const isRun = (task: RunnerTask): boolean => (task.type === 'suite' ? task.tasks.every(isRun) : task.mode === 'run')

/** After all tests of a file, in whatever order: nothing that was told in them shows a ticket, an id, a secret or a value. */
export function tellsNothing(discretion: Discretion): void {
  // Of a file that runs in part, as with `-t`, nothing may have been told.
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of fixtures here, and there are none.
  afterAll(({}, file) => discretion.check(file.tasks.every(isRun)))
}
