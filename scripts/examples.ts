// `npm run examples` lists the example apps; `npm run examples -- astro` sets one up and starts it for a person.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AppName, apps, install, note, open, timings } from '../examples/harness.ts'
import { root } from './steps.ts'

// `one-site` is five of them behind one server.
const all = [...apps, 'one-site'].filter((name) => existsSync(join(root, 'examples', name, 'README.md')))

/** Installs these, by default every app and the recipes, two at a time: npm waits for the network and for the disk in turn. */
export async function installAll(names: readonly string[] = [...apps, 'recipes']): Promise<void> {
  const left = [...names]
  const one = async (): Promise<void> => {
    for (let name = left.shift(); name; name = left.shift()) {
      const seconds = await install(name)
      await note(name, { install: seconds })
      console.log(`ok     ${name.padEnd(12)} ${seconds === 0 ? 'was there' : `${seconds.toFixed(1)} s`}`)
    }
  }
  await Promise.all([one(), one()])
}

/** How long these apps took, when they were last installed, built and started. */
export function timingsTable(names: readonly string[] = apps): string {
  const cell = (seconds: number): string => (seconds === 0 ? '-' : seconds.toFixed(1)).padStart(9)
  const rows = timings()
    .filter(({ name }) => names.includes(name))
    .map(({ name, install, build, first }) => `${name.padEnd(12)}${[install, build, first].map(cell).join('')}`)
  return [`${'seconds to'.padEnd(12)}${['install', 'build', 'respond'].map((head) => head.padStart(9)).join('')}`, ...rows].join(
    '\n',
  )
}

/** Starts one for a person, until they end it. */
async function show(name: string): Promise<void> {
  console.log(`coatcheck: setting up examples/${name}, which may take a minute the first time …`)
  const env: Record<string, string> = process.env.PORT ? { PORT: process.env.PORT } : {}
  const app =
    name === 'one-site' ? await (await import('../examples/one-site/site.ts')).openSite(env) : await open(name as AppName, env)
  const address = app.url('/').replace('127.0.0.1', 'localhost')
  console.log(`coatcheck: examples/${name} runs at ${address} (sign in as ada, lovelace). Ctrl+C ends it.`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.stop().finally(() => process.exit(0)))
}

if (import.meta.main) {
  const [name] = process.argv.slice(2)
  if (name && all.includes(name)) {
    await show(name).catch((error: Error) => {
      console.error(`coatcheck: ${error.message}`)
      process.exitCode = 1
    })
  } else {
    if (name) console.error(`There is no example ${name}.`)
    console.log(`Name one of these:\n${all.map((each) => `  npm run examples -- ${each}`).join('\n')}`)
    process.exitCode = name ? 1 : 0
  }
}
