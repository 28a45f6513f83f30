#!/usr/bin/env node
import { main } from './cli/main.ts'
import { terminal } from './cli/terminal.ts'

const code = await main(process.argv.slice(2), terminal())
// The application's own connections, which its module opened, would keep the process alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
