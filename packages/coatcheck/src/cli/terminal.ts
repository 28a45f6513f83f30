import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'

/** What a command reads from and writes to; tests have one of their own. */
export interface Terminal {
  /** The folder in which the command was called. */
  readonly folder: string
  /** Whether somebody can answer a question. */
  readonly isAnswered: boolean
  say(text: string): void
  /** On the other channel, so that what `say` wrote can be read by a program. */
  complain(text: string): void
  /** What long work has done so far, in the place of what it said before. Left out: nobody looks on. */
  readonly progress?: (text: string) => void
  /** The answer, without spaces around it; empty when the input ended. */
  ask(question: string): Promise<string>
}

export function terminal(): Terminal {
  let isShowing = false
  const show = (text: string): void => void process.stderr.write(`\r\x1b[K${text}`)
  const clear = (): void => {
    if (isShowing) show('')
    isShowing = false
  }
  return {
    folder: process.cwd(),
    isAnswered: process.stdin.isTTY === true && process.stdout.isTTY === true,
    say(text) {
      clear()
      process.stdout.write(`${text}\n`)
    },
    complain(text) {
      clear()
      process.stderr.write(`${text}\n`)
    },
    ...(process.stderr.isTTY && {
      progress(text: string) {
        show(text)
        isShowing = true
      },
    }),
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
      try {
        return (await Promise.race([lines.question(question), ended])).trim()
      } finally {
        lines.close()
      }
    },
  }
}

/** Of this package. */
export function version(): string {
  const built = new URL('../package.json', import.meta.url)
  return JSON.parse(readFileSync(existsSync(built) ? built : new URL('../../package.json', import.meta.url), 'utf8')).version
}
