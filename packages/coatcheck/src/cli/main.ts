import type { Command } from './command.ts'
import { init } from './init.ts'
import { Problem } from './problem.ts'
import { type Terminal, version } from './terminal.ts'

const COMMANDS: readonly Command[] = [init]

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
    const problem =
      error instanceof Error && 'syscall' in error ? new Problem(`${error.message}.`, 'Make it readable, and call again.') : error
    if (!(problem instanceof Problem)) throw error
    terminal.complain(`${problem.message}\n${problem.fix}`)
    return 1
  }
}

const overview = `coatcheck <command>

${COMMANDS.map((each) => `  ${each.name.padEnd(12)}${each.summary}`).join('\n')}

  npx coatcheck <command> --help says more.`
