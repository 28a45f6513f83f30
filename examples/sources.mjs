// `node ../sources.mjs nest src`: copies what an app shares with another, to where git ignores it. The app's script `prebuild` says what.
import { cpSync, rmSync } from 'node:fs'

const [of, ...parts] = process.argv.slice(2)
for (const part of parts) {
  rmSync(part, { recursive: true, force: true })
  cpSync(`../${of}/${part}`, part, { recursive: true })
}
