import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

export interface Asset {
  readonly type: string
  readonly text: string
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4d3f"/><path d="M10 6h12v20l-6-4-6 4z" fill="#f0d9a0"/><circle cx="16" cy="11" r="2" fill="#1f4d3f"/></svg>'

/** What pages refer to, by `?asset=`. */
export const ASSETS: Readonly<Record<string, Asset>> = {
  'style.css': { type: 'text/css; charset=utf-8', text: STYLE },
  'live.js': { type: 'text/javascript; charset=utf-8', text: SCRIPT },
  'icon.svg': { type: 'image/svg+xml', text: ICON },
}
