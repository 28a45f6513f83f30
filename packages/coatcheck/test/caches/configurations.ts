import { readFileSync } from 'node:fs'
import { startNginx, startVarnish } from '../../../../scripts/cache-servers.ts'
import type { EngineName } from '../../../../scripts/engines.ts'
import { HEADER } from './origin.ts'
import type { Cache, Limits } from './stories.ts'

/** A cache as somebody has configured it. */
export interface Configured extends Limits {
  readonly name: string
  readonly engine: EngineName
  readonly cache: Cache
}

const page = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8')

/** The block of this language on docs/security.md, with other words for some of its words, each of which must be there. */
function onPage(language: string, instead: Readonly<Record<string, string>>): string {
  const [, block = ''] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page) ?? []
  return Object.entries(instead).reduce((text, [word, other]) => {
    if (!text.includes(word)) throw new Error(`The ${language} block of docs/security.md has no ${word}.`)
    return text.replaceAll(word, other)
  }, block)
}

const nginx =
  (lines: readonly string[]): Cache =>
  (site) =>
    startNginx(
      ({ port, folder }) => `
        proxy_cache_path ${folder}/pages keys_zone=pages:1m;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${site}; proxy_cache pages; ${lines.join(' ')} }
        }`,
    )

const varnish =
  (more: string, settings: readonly string[] = []): Cache =>
  (site) =>
    startVarnish(`vcl 4.1; backend default { .host = "127.0.0.1"; .port = "${site}"; } ${more}`, settings)

const VALID = 'proxy_cache_valid 200 206 301 302 304 60s;'

/** What the page says of tickets in a header is done here, too: it is named beside the cookie. */
export const pageOfNginx: Cache = (site) =>
  startNginx(({ port, folder }) =>
    onPage('nginx', {
      '/var/cache/nginx': `${folder}/pages`,
      'listen 80': `listen 127.0.0.1:${port}`,
      '127.0.0.1:3000': `127.0.0.1:${site}`,
      '$has_session;': `$has_session $http_${HEADER.replaceAll('-', '_')};`,
    }),
  )

export const pageOfVarnish: Cache = (site) => startVarnish(onPage('vcl', { '"3000"': `"${site}"` }))

export const plainNginx: Cache = nginx([])
export const plainVarnish: Cache = varnish('')

export const CONFIGURED: readonly Configured[] = [
  { name: 'nginx that obeys', engine: 'nginx', cache: plainNginx },
  { name: 'nginx that obeys, and keeps by itself what says nothing', engine: 'nginx', cache: nginx([VALID]) },
  {
    name: 'nginx that ignores Cache-Control, Expires, Set-Cookie and Vary',
    engine: 'nginx',
    cache: nginx(['proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;', VALID]),
    showsPublicPages: true,
  },
  { name: 'nginx as docs/security.md has it', engine: 'nginx', cache: pageOfNginx },
  { name: 'Varnish as it comes', engine: 'varnish', cache: plainVarnish },
  {
    name: 'Varnish that looks up whoever has cookies',
    engine: 'varnish',
    cache: varnish('sub vcl_recv { return (hash); }'),
  },
  {
    name: 'Varnish that goes by ages alone',
    engine: 'varnish',
    cache: varnish('sub vcl_recv { return (hash); } sub vcl_backend_response { return (deliver); }', ['-t', '0']),
    keepsPrivatePages: true,
  },
  { name: 'Varnish as docs/security.md has it', engine: 'varnish', cache: pageOfVarnish },
]
