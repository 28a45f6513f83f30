/** The part of a bundled module that is used here. */
interface Found {
  readonly id: string
}

/** The part of a plugin's surroundings in Rollup that is used here. */
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

/**
 * Whether a file is of a package that imports one of the functions `names` from h3: such a package has to be bundled with the site. One that
 * requires them cannot be helped; it is named once.
 */
export function takesFromH3(names: readonly string[]): (file: string) => boolean {
  const known = new Map<string, boolean>()
  return (file) => {
    const [folder, name = ''] = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? []
    if (folder === undefined || name === 'h3' || name === 'coatcheck') return false
    const before = known.get(folder)
    if (before !== undefined) return before
    const sources = sourcesIn(folder)
    const called = `\\b(?:${names.join('|')})\\b`
    const from = `from\\s*["']h3["']`
    const imports = `(?:import|export)[^;'"]*(?:${called}[^;'"]*${from}|\\*[^;'"]*${from}[^]*${called})`
    const uses = (pattern: string): boolean => sources.some((source) => new RegExp(pattern).test(source))
    const answer = uses(imports)
    if (!answer && uses(`require\\(["']h3["']\\)[^]*${called}`))
      console.warn(`coatcheck: the package ${name} requires h3, so its sessions stay those of h3.`)
    known.set(folder, answer)
    return answer
  }
}

/** A package that depends on h3. */
function sourcesIn(folder: string): string[] {
  const { readFileSync, readdirSync } = process.getBuiltinModule('node:fs')
  try {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    if (!{ ...dependencies, ...peerDependencies }.h3) return []
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const sources = files.filter((file) => /\.[cm]?js$/.test(file) && !file.includes('node_modules'))
    return sources.map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  } catch {
    return [] // a folder that cannot be read is the bundler's to report
  }
}
