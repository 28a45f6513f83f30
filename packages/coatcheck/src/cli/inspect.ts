import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readCookie } from '../cookies/cookie.ts'
import { only, parsed, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { cookiesIn, type Given } from './inspect/given.ts'
import { type Kind, kindOf } from './inspect/kinds.ts'
import { type Opened, openedBy, openedForeign, openedWith } from './inspect/open.ts'
import { Problem } from './problem.ts'
import { loadSites } from './site/load.ts'
import type { Site } from './site/site.ts'
import type { Terminal } from './terminal.ts'
import { asJson, facts, timeText } from './text.ts'
import { shownValues, valuesText } from './values.ts'

export const inspect: Command = {
  name: 'inspect',
  summary: 'says what a cookie is, and with the secret what is in it',
  help: `coatcheck inspect <cookie> [options]

Says which library wrote a cookie: ours, express-session, cookie-session, koa-session, iron-session, h3 (Nitro, Nuxt), Remix and React
Router, Hydrogen, Astro, Fastify's two, a JWT. With the secret, or the sessions of the application, it says whether the cookie is genuine, why it
opens no session, and the names, types and sizes of what is in it. It changes nothing.

<cookie> is name=value, a Cookie header, a Set-Cookie line, a value alone, or - for what comes in. A ticket in the arguments stays in the
history of your shell, and whoever has it has the session: rather use -.

  --secret SECRET    what made it; several are tried
  --secret-file FILE the same, one a line
  --reveal           shows the values themselves
  --config FILE      the module that makes the sessions: with it the store is asked too
  --env FILE         variables for it; .env when left out and there
  --site NAME        only these sessions of the module
  --json             for programs: { "cookies": [{ "name", "kind", "library", "holds", "genuine", "reason", "handle", … }] }

  pbpaste | npx coatcheck inspect - --config app/sessions.ts
  npx coatcheck inspect "connect.sid=s%3A…" --secret-file old-secrets

The exit code is 1 when no cookie is of a known kind, or one is not genuine.`,

  async run(args, terminal) {
    const { values, positionals } = parsed('inspect', args, {
      ...SITE_OPTIONS,
      ...{ secret: { type: 'string', multiple: true }, 'secret-file': { type: 'string' }, reveal: { type: 'boolean' } },
    })
    const text = only('inspect', 'a cookie', positionals)
    const all = cookiesIn(text === '-' ? readFileSync(0, 'utf8') : text)
    if (all.length === 0) throw new Problem('No cookie was given.', 'Give name=value, or a Cookie header.')
    const secrets = [...(values.secret ?? []), ...secretsIn(terminal, values['secret-file'])]
    const sites = values.config === undefined ? [] : (await loadSites(terminal, values)).sites
    const chosen = sites.filter(({ name, carrier }) => values.site === undefined || [name, carrier].includes(values.site))
    const looked: Looked[] = []
    for (const given of all) looked.push(await lookInto(given, all, secrets, chosen))
    const told = looked.filter(({ kind }) => kind.kind !== 'signature')
    const shown = told.map((each) => entry(each, values.reveal ?? false))
    terminal.say(values.json ? asJson({ cookies: shown }) : told.map((each) => textOf(each, values.reveal ?? false)).join('\n\n'))
    const isFine = told.some(({ kind }) => kind.kind !== 'unknown') && told.every(({ opened }) => opened.isGenuine !== false)
    return isFine ? 0 : 1
  },
}

interface Looked {
  readonly given: Given
  readonly kind: Kind
  readonly opened: Opened
}

async function lookInto(
  given: Given,
  all: readonly Given[],
  secrets: readonly string[],
  sites: readonly Site[],
): Promise<Looked> {
  const first = kindOf(given, all)
  // A session in several pieces is put together where its first one is.
  const header = all.map(({ name, value }) => `${name}=${value}`).join('; ')
  const whole =
    first.kind === 'coatcheck-piece' && given.value.startsWith('~') ? readCookie(header, given.name).values[0] : undefined
  const value = whole ?? given.value
  const kind = whole === undefined ? first : kindOf({ name: given.name, value: whole }, [])
  const isOurs = kind.kind.startsWith('coatcheck-') && kind.kind !== 'coatcheck-piece'
  if (!isOurs) return { given, kind, opened: await openedForeign(secrets, given, kind, all) }
  const site = sites.find(({ carrier }) => carrier === given.name) ?? (given.name === '' ? sites[0] : undefined)
  if (site) return { given, kind, opened: await openedBy(site, value) }
  return {
    given,
    kind,
    opened: secrets.length > 0 && kind.kind !== 'coatcheck-unsigned' ? await openedWith(secrets, { ...given, value }, kind) : {},
  }
}

function secretsIn({ folder }: Terminal, file: string | undefined): string[] {
  if (file === undefined) return []
  const path = resolve(folder, file)
  if (!existsSync(path)) throw new Problem(`There is no file ${path}.`, 'Correct --secret-file.')
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** A cookie as programs get it; what is not known is null. */
function entry({ given, kind, opened }: Looked, reveals: boolean) {
  const { isGenuine = null, reason = null, handle = null, owner = null, createdAt = null, expiresAt = null, values } = opened
  return {
    ...{ name: given.name || null, kind: kind.kind, library: kind.library, holds: kind.holds },
    ...{ genuine: isGenuine, reason, handle, owner: reveals || owner === null ? owner : '(redacted)', createdAt, expiresAt },
    values: values ? shownValues(values, reveals) : null,
  }
}

function textOf(looked: Looked, reveals: boolean): string {
  const { name, kind, library, holds, genuine, reason, handle, owner, createdAt, expiresAt, values } = entry(looked, reveals)
  const head = facts({
    ...{ cookie: name ?? '(no name)', kind, 'written by': library, holds, bytes: looked.given.value.length },
    ...(genuine !== null && { genuine: genuine ? 'yes' : 'no: none of these secrets made it' }),
    ...(reason !== null && { 'opens nothing': reason }),
    ...(handle !== null && { handle }),
    ...(owner !== null && { owner }),
    ...(createdAt !== null && { began: timeText(createdAt) }),
    ...(expiresAt !== null && { ends: timeText(expiresAt) }),
  })
  return values ? `${head}\n\n${valuesText(values)}` : head
}
