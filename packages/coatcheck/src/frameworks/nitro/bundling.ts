/** What is used of a module that the bundler found. */
interface Found {
  readonly id: string
}

/** What is used of a plugin's surroundings in Rollup. */
interface Bundler {
  resolve(id: string, importer: string | undefined, options: object): Promise<Found | null>
}

const PREFIX = '\0coatcheck:'

/** A plugin: whoever imports `h3`, libraries as well, gets the functions `names` of `runtime`, and all the rest of h3 itself. */
export function sessionsInH3(runtime: string, names: readonly string[]) {
  const replaced = new Map<string, Found>()
  return {
    name: 'coatcheck',
    resolveId: {
      order: 'pre' as const,
      async handler(this: Bundler, id: string, importer?: string, options: object = {}): Promise<Found | undefined> {
        if (id !== 'h3') return undefined
        if (importer?.startsWith(PREFIX)) return replaced.get(importer)
        const found = await this.resolve(id, importer, { ...options, skipSelf: true })
        if (!found) return undefined
        replaced.set(PREFIX + found.id, found)
        return { id: PREFIX + found.id }
      },
    },
    load(id: string): string | undefined {
      return replaced.has(id) ? `export * from 'h3'\nexport { ${names.join(', ')} } from ${JSON.stringify(runtime)}\n` : undefined
    },
  }
}

/** Whether a file is of a package that takes one of the functions `names` from h3: such a package has to be bundled with the site. */
export function takesFromH3(names: readonly string[]): (file: string) => boolean {
  const uses = new RegExp(`import[^;]*\\b(?:${names.join('|')})\\b[^;]*from\\s*["']h3["']`)
  const known = new Map<string, boolean>()
  return (file) => {
    const [folder, name = ''] = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? []
    if (folder === undefined || name === 'h3' || name === 'coatcheck') return false
    const answer = known.get(folder) ?? isIn(folder, uses)
    known.set(folder, answer)
    return answer
  }
}

function isIn(folder: string, uses: RegExp): boolean {
  const { readFileSync, readdirSync } = process.getBuiltinModule('node:fs')
  try {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    if (!{ ...dependencies, ...peerDependencies }.h3) return false
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return files.some(
      (file) => /\.m?js$/.test(file) && !file.includes('node_modules') && uses.test(readFileSync(`${folder}/${file}`, 'utf8')),
    )
  } catch {
    return false // a folder that cannot be read is the bundler's to report
  }
}
