import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const applications = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome']

function find(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const places = [
    ...names.flatMap((name) => ['/usr/bin', ...folders].map((folder) => join(folder, name))),
    ...applications.map((application) => join('/Applications', application)),
    ...['PROGRAMFILES', 'PROGRAMFILES(X86)'].map((name) => join(process.env[name] ?? '', 'Google/Chrome/Application/chrome.exe')),
  ]
  return places.find((place) => existsSync(place))
}

/**
 * Where Chromium is, for the browser tests. `COATCHECK_CHROMIUM` says it; otherwise the usual places are looked at; otherwise, as root on
 * a machine with apt-get, it is installed. Throws when there is none: a browser test is never skipped.
 */
export function chromium(): string {
  const chosen = process.env.COATCHECK_CHROMIUM
  if (chosen && !existsSync(chosen))
    throw new Error(`COATCHECK_CHROMIUM names ${chosen}, which does not exist. Correct it, or unset it.`)
  const found = chosen || find() || install()
  if (found) return found
  throw new Error(
    'The browser tests need Chromium or Chrome and found none. Install one (Debian: `apt-get install chromium`), or set COATCHECK_CHROMIUM to its path.',
  )
}

function install(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  console.log('Installing Chromium for the browser tests with apt-get …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options: ExecFileSyncOptions = { env, stdio: ['ignore', 'ignore', 'inherit'] }
  try {
    execFileSync('/usr/bin/apt-get', ['update', '-q'], options)
    execFileSync('/usr/bin/apt-get', ['install', '-y', '-q', '-o', 'DPkg::Lock::Timeout=120', 'chromium'], options)
  } catch (cause) {
    throw new Error(
      'apt-get could not install Chromium; see its words above. Install it, or set COATCHECK_CHROMIUM to its path.',
      { cause },
    )
  }
  return find()
}

// As a command: one line that says where it is, or why there is none.
if (import.meta.main) {
  try {
    console.log(chromium())
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
