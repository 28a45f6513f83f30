import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/main.ts'

export interface Called {
  readonly code: number
  readonly said: string
  readonly complaint: string
  /** What it showed while it worked, where somebody looks on. */
  readonly progress: readonly string[]
}

/** `coatcheck …` in this process. The variables that it sets are as before afterwards. `answer`: on a terminal, what is typed there. */
export async function call(folder: string, args: readonly string[], answer?: string): Promise<Called> {
  const said: string[] = []
  const complaints: string[] = []
  const progress: string[] = []
  const before = { ...process.env }
  try {
    const code = await main(args, {
      ...{ folder, isAnswered: answer !== undefined, ask: async () => answer ?? '' },
      ...{ say: (text) => void said.push(text), complain: (text) => void complaints.push(text) },
      ...(answer !== undefined && { progress: (text: string) => void progress.push(text) }),
    })
    return { code, said: said.join('\n'), complaint: complaints.join('\n'), progress }
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  }
}

/** Folders with a module that makes sessions of our sources. */
export function modules() {
  const folders: string[] = []
  return {
    module(text: string, more: Readonly<Record<string, string>> = {}): string {
      const folder = mkdtempSync(join(tmpdir(), 'coatcheck-command-'))
      folders.push(folder)
      const src = join(import.meta.dirname, '../../src')
      const from = (names: string, path: string) => `import { ${names} } from ${JSON.stringify(join(src, path))}`
      const imports = [
        from('createSessions', 'index.ts'),
        from('withSession', 'adapters/fetch.ts'),
        from('memoryStore', 'stores/memory.ts'),
        from('sqliteStore', 'stores/sqlite.ts'),
        from('postgresStore', 'stores/postgres.ts'),
        from('redisStore', 'stores/redis.ts'),
        "import { join } from 'node:path'",
        'const file = (name: string) => join(import.meta.dirname, name)',
      ]
      for (const [path, content] of Object.entries(more)) writeFileSync(join(folder, path), content)
      writeFileSync(join(folder, 'sessions.ts'), `${imports.join('\n')}\n${text}`)
      return folder
    },
    remove(): void {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    },
  }
}
