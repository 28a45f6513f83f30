// The sources are those of examples/nest: only the version of Nest differs.
import { cpSync, rmSync } from 'node:fs'

rmSync('src', { recursive: true, force: true })
cpSync('../nest/src', 'src', { recursive: true })
