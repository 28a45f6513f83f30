import type { Random } from './random.ts'

/** Parts that mean something to one reader or another: of cookies, base64, percent-encoding, seals, JSON and devalue. */
const WORDS = [
  ...[
    '',
    ' ',
    '\t',
    '=',
    ';',
    '; ',
    ';;',
    ',',
    '.',
    '..',
    '~',
    '~2~',
    '~8~',
    '~9~',
    '~0~',
    '.1=',
    '.7=',
    '.8=',
    '*',
    '**',
    '/',
    '+',
  ],
  ...[
    '-',
    '_',
    '==',
    '%',
    '%00',
    '%2',
    '%zz',
    '%E0%A4%A',
    '%22',
    '%3D',
    '%3B',
    '"',
    '""',
    '\\',
    '\\u0000',
    '\u0000',
    '\r\n',
    '\u007f',
  ],
  ...['é', '€', '😀', '\ud800', '\udc00', '\ufeff', '\u2028', 'ſ', 'K', '１'],
  ...['s:', 's%3A', '~2', 'Fe26.2', 'Fe26.2**', '__chunked__2', '__chunked__100', '__chunked__1', 'Bearer ', 'bearer'],
  ...['null', 'true', '{}', '[]', '[[', '{"', '"}', ':', '-0', '-1', '1e999', '1e21', '9007199254740993', 'NaN', 'undefined'],
  ...[
    '__proto__',
    '"__proto__":{"admin":true},',
    'constructor',
    'toJSON',
    'then',
    '__flash_x__',
    '__owner__',
    '"__owner__":"eve",',
  ],
  ...[
    '[-7,4294967295]',
    '[-1]',
    '[-2]',
    '[-6]',
    '[1,1]',
    '["Map",1,1]',
    '["Set",0]',
    '["Date",1]',
    '["BigInt",1]',
    '["RegExp","(","g"]',
  ],
  ...[
    '["null","__proto__",1]',
    '["Object",1]',
    '["Uint8Array",1]',
    '["ArrayBuffer","AAAA"]',
    '["View",0]',
    '["URL",1]',
    '["Array",9]',
  ],
  ...[
    '"format":1',
    '"format":2',
    '"v":',
    '"r":',
    '"x":1',
    '"to":{"kind":"regenerate","key":"a","at":1},',
    '"log":[1,"a",1],',
    '"ended":true,',
    '"made":1,',
    '"since":1,',
    '"from":"a",',
    '"lasts":1',
    '"log":[]',
    '"i":{}',
  ],
]
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

type Operation = (text: string, random: Random, others: readonly string[]) => string

const cut = (text: string, from: number, to: number, by = ''): string => text.slice(0, from) + by + text.slice(to)

const OPERATIONS: readonly Operation[] = [
  // another character of the same alphabet: most likely to get past the checks of form
  (text, random) => ((at) => cut(text, at, at + 1, random.pick([...ALPHABET])))(random.below(text.length)),
  (text, random) => {
    const at = random.below(text.length)
    return cut(text, at, at + 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))))
  },
  (text, random) => ((at) => cut(text, at, at, random.pick(WORDS)))(random.below(text.length + 1)),
  (text, random) => ((at) => cut(text, at, at + random.size(20), random.pick(WORDS)))(random.below(text.length + 1)),
  (text, random) => ((at) => cut(text, at, at + 1 + random.size(40)))(random.below(text.length)),
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(random.below(text.length)),
  (text, random) => ((at) => cut(text, at, at, text.slice(at, at + 1 + random.size(60))))(random.below(text.length)),
  (text, random, others) => {
    const other = random.pick(others) ?? ''
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1))
  },
  (text, random, others) => `${text}${random.pick(['', '; ', ';', ',', '.'])}${random.pick(others) ?? ''}`,
  (text, random, others) => {
    const other = random.pick(others) ?? ''
    const [from, at] = [random.below(other.length + 1), random.below(text.length + 1)]
    const part = other.slice(from, from + 1 + random.size(40))
    return cut(text, at, at + part.length, part)
  },
  (text, random) =>
    ((at) => cut(text, at, at, String.fromCharCode(random.below(random.pick([128, 256, 65_536])))))(
      random.below(text.length + 1),
    ),
  (text, random) => (random.oneIn(2) ? text.toUpperCase() : encodeURIComponent(text.toWellFormed())),
  (text, random) =>
    ((at) => cut(text, at, at + 1, `%${text.charCodeAt(at).toString(16).padStart(2, '0')}`))(random.below(text.length)),
  // numbers on their way past what a field was meant to hold
  (text, random) =>
    text.replace(/\d+/, (digits) =>
      random.pick([`${digits}0`, `-${digits}`, '0', `${digits}.5`, '9007199254740993', `${digits}e9`]),
    ),
  (text, random) =>
    ((at) =>
      cut(
        text,
        at,
        at,
        random.pick(['A', '[', '{"a":', '%41', '~', '=', 'é']).repeat(random.size(random.oneIn(40) ? 9000 : 300)),
      ))(random.below(text.length + 1)),
]

/** Longer ones are cut: no server takes such a header, and each costs a run of thousands its time. */
const LONGEST = 40_000

/** `text` as somebody might change it, in one place or several. `others`: what parts are taken from. */
export function mutated(text: string, random: Random, others: readonly string[]): string {
  let changed = text
  for (let times = 1 + random.size(5); times > 0; times--) changed = random.pick(OPERATIONS)(changed, random, others)
  return changed.slice(0, LONGEST)
}

/** A text without any sense. */
export function gibberish(random: Random): string {
  const kind = random.pick(['ticket', 'word', 'any', 'words'])
  const length = random.size(200)
  if (kind === 'words') return Array.from({ length: random.size(12) }, () => random.pick(WORDS)).join('')
  const sign = { ticket: () => random.pick([...ALPHABET]), word: () => String.fromCharCode(32 + random.below(95)) }[
    kind as 'word'
  ]
  return Array.from({ length }, sign ?? (() => String.fromCharCode(random.below(65_536)))).join('')
}
