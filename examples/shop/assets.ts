import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Asset {
  /** Changes with the content, so that browsers may keep it for good. */
  readonly path: string
  readonly type: string
  readonly content: string
}

function asset(name: string, type: string): Asset {
  const content = readFileSync(new URL(`public/${name}`, import.meta.url), 'utf8')
  const version = createHash('sha256').update(content).digest('hex').slice(0, 8)
  return { path: `/${version}/${name}`, type, content }
}

/** The files that pages refer to, read once. */
export const assets: Readonly<Record<'style' | 'trials' | 'icon', Asset>> = {
  style: asset('style.css', 'text/css; charset=utf-8'),
  trials: asset('trials.js', 'text/javascript; charset=utf-8'),
  icon: asset('icon.svg', 'image/svg+xml'),
}
