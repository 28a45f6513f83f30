// The pages are those of examples/sveltekit: only the settings of the build differ between SvelteKit 2 and 3.
import { cpSync, rmSync } from 'node:fs'

rmSync('src', { recursive: true, force: true })
cpSync('../sveltekit/src', 'src', { recursive: true })
cpSync('../sveltekit/start.mjs', 'start.mjs')
