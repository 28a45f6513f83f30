import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Asset {
  /** Changes with the content, so that browsers may keep it for good. */
  readonly path: string
  readonly type: string
  readonly content: string
}

function asset(name: string, type: string, parts: readonly string[] = [name]): Asset {
  const content = parts.map((part) => readFileSync(new URL(`public/${part}`, import.meta.url), 'utf8')).join('')
  const version = createHash('sha256').update(content).digest('hex').slice(0, 8)
  return { path: `/${version}/${name}`, type, content }
}

/** The files that pages refer to, read once. */
export const assets: Readonly<Record<'style' | 'trials' | 'icon', Asset>> = {
  style: asset('style.css', 'text/css; charset=utf-8', ['colours.css', 'style.css']),
  trials: asset('trials.js', 'text/javascript; charset=utf-8'),
  icon: asset('icon.svg', 'image/svg+xml'),
}
