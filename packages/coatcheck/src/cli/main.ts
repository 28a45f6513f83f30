import { SessionError } from '../errors.ts'
import { asvs } from './asvs.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { end, endAll } from './end.ts'
import { init } from './init.ts'
import { inspect } from './inspect.ts'
import { list } from './list.ts'
import { migrate } from './migrate.ts'
import { Problem } from './problem.ts'
import { prune } from './prune.ts'
import { secret } from './secret.ts'
import { show } from './show.ts'
import { stats } from './stats.ts'
import { type Terminal, version } from './terminal.ts'

const COMMANDS: readonly Command[] = [init, secret, doctor, inspect, list, show, end, endAll, prune, migrate, stats, asvs]

/** Runs the command that the arguments name, and says what went wrong. The exit code: 0, or 1 when not all was done. */
export async function main([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.say(overview)
    return name === undefined ? 1 : 0
  }
  if (name === '--version' || name === '-v') {
    terminal.say(version())
    return 0
  }
  try {
    const command = COMMANDS.find((each) => each.name === name)
    if (!command)
      throw new Problem(`There is no command "${name}".`, `Write one of: ${COMMANDS.map((each) => each.name).join(', ')}.`)
    if (args.includes('--help') || args.includes('-h')) {
      terminal.say(command.help)
      return 0
    }
    return await command.run(args, terminal)
  } catch (error) {
    const problem = problemOf(error)
    if (!problem) throw error
    terminal.complain(`${problem.message}\n${problem.fix}`)
    return 1
  }
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (error instanceof SessionError) {
    // Of what the store's client said only a code: its messages may hold the address with the password in it.
    const { code } = Object(error.cause) as { readonly code?: unknown }
    const cause = typeof code === 'string' && /^\w{1,40}$/.test(code) ? ` (${code})` : ''
    return new Problem(`${error.message.slice(0, -error.fix.length - 1)}${cause}`, error.fix)
  }
  if (error instanceof Error && 'syscall' in error) return new Problem(`${error.message}.`, 'Make it readable, and call again.')
  return undefined
}

const overview = `coatcheck <command>

${COMMANDS.map((each) => `  ${each.name.padEnd(12)}${each.summary}`).join('\n')}

  npx coatcheck <command> --help says more.`
