import type { GoodsId } from './goods.ts'
import { type Html, html, raw } from './html.ts'

const coat =
  '<path class="line" d="M60 24v-6a5 5 0 1 0-5-5"/><path class="main" d="M44 29l16-5 16 5 19 12 5 44-13 2-4-25v46H37V62l-4 25-13-2 5-44z"/>'

/** Drawings on a field of 120 × 120, coloured by the style sheet. */
const drawings: Readonly<Record<GoodsId, string>> = {
  overcoat: `${coat}<path class="shade" d="M49 27l11 27 11-27-11-3z"/><path class="line" d="M60 54v54M43 80h10M67 80h10"/><g class="dot"><circle cx="65" cy="62" r="2.4"/><circle cx="65" cy="76" r="2.4"/><circle cx="65" cy="90" r="2.4"/></g>`,
  trench: `${coat}<path class="shade" d="M46 28l-6 14 20 14 20-14-6-14-14-4z"/><path class="shade" d="M37 70h46v8H37z"/><path class="line" d="M60 56v14M60 78v30"/><rect class="outline" x="55" y="68" width="10" height="12" rx="2"/><g class="dot"><circle cx="52" cy="60" r="2.2"/><circle cx="68" cy="60" r="2.2"/><circle cx="52" cy="90" r="2.2"/><circle cx="68" cy="90" r="2.2"/></g>`,
  hat: '<path class="main" d="M34 72c0-28 4-40 15-40 6 0 7 4 11 4s5-4 11-4c11 0 15 12 15 40z"/><path class="shade" d="M34.5 60h51l.5 13H34z"/><path class="main" d="M8 75c8-8 22-6 26-4 10 5 42 5 52 0 4-2 18-4 26 4-10 14-94 14-104 0z"/>',
  beret:
    '<path class="line" d="M64 35l3-9"/><path class="main" d="M16 66c0-24 34-36 60-30 24 6 34 22 28 32-8 12-34 8-50 10-18 2-38 4-38-12z"/><path class="shade" d="M34 77c16 4 40 1 54-4l-2 11c-14 6-36 7-50 3z"/>',
  umbrella:
    '<path class="line" d="M60 28V18M60 62v34a9 9 0 0 0 18 0"/><path class="main" d="M60 26C34 26 14 46 12 68c5-7 11-7 16 0 5-7 11-7 16 0 5-7 11-7 16 0 5-7 11-7 16 0 5-7 11-7 16 0 5-7 11-7 16 0-2-22-22-42-48-42z"/><path class="shade" d="M60 26C50 38 45 52 44 68c5-7 11-7 16 0 5-7 11-7 16 0-1-16-6-30-16-42z"/>',
  scarf:
    '<path class="main" d="M44 42l-9 60h20l7-60z"/><path class="main" d="M60 42l8 52h20l-12-52z"/><path class="shade" d="M41 62h18l-1 8H40zM39 78h18l-1 8H37zM67 60h13l2 8H69zM70 76h14l2 8H71z"/><rect class="main" x="32" y="22" width="56" height="24" rx="12"/><path class="shade" d="M46 22h8v24h-8zM66 22h8v24h-8z"/><path class="line" d="M37 102v8M43 102v8M49 102v8M70 94v8M77 94v8M84 94v8"/>',
  gloves:
    '<g class="shade" transform="rotate(16 60 60) translate(12 -4)"><path d="M38 104V78c-9-8-15-18-11-22 4-3 8 3 13 8V38a5.5 5.5 0 0 1 11 0v14-22a5.5 5.5 0 0 1 11 0v22-18a5.5 5.5 0 0 1 11 0v24-14a5 5 0 0 1 10 0v32c0 10-5 16-5 18v10z"/></g><path class="main" d="M28 106V80c-9-8-15-18-11-22 4-3 8 3 13 8V40a5.5 5.5 0 0 1 11 0v14-22a5.5 5.5 0 0 1 11 0v22-18a5.5 5.5 0 0 1 11 0v24-14a5 5 0 0 1 10 0v32c0 10-5 16-5 18v10z"/><path class="line" d="M28 94h40M46 62v12M57 62v12M36 64v10"/>',
  tag: '<path class="line" d="M60 30c-4-12 6-18 12-14s2 14-6 16"/><circle class="main" cx="60" cy="66" r="38"/><circle class="outline" cx="60" cy="66" r="32"/><circle class="hole" cx="60" cy="40" r="5"/><path class="number" d="M53 57l-9 18h15M55 67v15M65 61l7-4v25"/>',
}

/** Decoration: the name of the article stands beside it. */
export function drawing(id: GoodsId): Html {
  return html`<svg class="art ${id}" viewBox="0 0 120 120" aria-hidden="true">${raw(drawings[id])}</svg>`
}
