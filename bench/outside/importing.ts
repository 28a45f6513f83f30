import { spawnSync } from 'node:child_process'
import { median, shuffled } from '../statistics.ts'

const SCRIPTS = {
  empty: '',
  core: "import 'coatcheck'",
} as const

/** CPU time of a process that imports the core, as a multiple of one that imports nothing. Both take turns. */
export function measureImport(rounds: number): { ratio: number; millis: Record<keyof typeof SCRIPTS, number> } {
  const times: Record<keyof typeof SCRIPTS, number[]> = { empty: [], core: [] }
  const names = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]
  for (let round = 0; round < rounds; round++) for (const name of shuffled(names)) times[name].push(cpuOf(SCRIPTS[name]))
  const millis = { empty: median(times.empty), core: median(times.core) }
  return { ratio: millis.core / millis.empty, millis }
}

/** Milliseconds that a new Node spends on this module, its own start included. */
function cpuOf(script: string): number {
  const tell = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)'
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `${script}\n${tell}`], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  const millis = Number(stdout)
  if (!stdout || Number.isNaN(millis)) throw new Error(`A process that was to tell its CPU time said: ${stderr}`)
  return millis
}
