import type { ListedSession } from '../core/owners/types.ts'
import { count, parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { Problem } from './problem.ts'
import { loadSite } from './site/load.ts'
import { listing, type Site } from './site/site.ts'
import { asJson, columns, timeText } from './text.ts'

export const list: Command = {
  name: 'list',
  summary: 'lists sessions: of one owner, or all',
  help: `coatcheck list [options]

Lists the sessions that live, by their handles. Values are not shown, and no ticket is.

  --owner NAME       only the sessions of this owner, the newest first
  --limit N          most sessions on a page, from 1 to 1000; 100 when left out
  --after NEXT       the page after one that said "next"
${SITE_HELP}

  npx coatcheck list --owner ada
  npx coatcheck list --config app/sessions.ts --limit 20`,

  async run(args, terminal) {
    const { values, positionals } = parsed('list', args, {
      ...SITE_OPTIONS,
      ...{ owner: { type: 'string' }, limit: { type: 'string' }, after: { type: 'string' } },
    })
    if (positionals.length > 0)
      throw new Problem('list takes no argument.', 'Name an owner by --owner, and see one session by `show`.')
    const limit = count('limit', values.limit, 100, 1000)
    const site = await loadSite(terminal, values)
    const page =
      values.owner === undefined
        ? await all(site, values.after, limit)
        : await site.sessions.list(values.owner, { limit, ...(values.after !== undefined && { after: values.after }) })
    const sessions = page.sessions.map(listed)
    if (values.json) terminal.say(asJson({ sessions, next: page.next ?? null }))
    else {
      terminal.say(sessions.length === 0 ? 'No session lives here.' : table(page.sessions))
      if (page.next !== undefined) terminal.say(`\nMore: --after ${page.next}`)
    }
    return 0
  },
}

/** One page of all sessions of a store, those of guests too. */
async function all(site: Site, after: string | undefined, limit: number) {
  const store = listing(site, 'list')
  const sessions: ListedSession[] = []
  let from = after
  do {
    const page = await store.list(from, limit - sessions.length)
    // A record that leads to another shows that one, which is listed by itself.
    const found = await Promise.all(page.keys.map(async (key) => ({ key, found: await site.sessions.find(key) })))
    for (const each of found) if (each.found?.handle === each.key) sessions.push(each.found)
    from = page.next
  } while (from !== undefined && sessions.length < limit)
  return { sessions, ...(from !== undefined && { next: from }) }
}

/** A session as programs get it. */
export function listed({ isCurrent, ...session }: ListedSession): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(session).map(([name, value]) => [name, value ?? null]))
}

const table = (sessions: readonly ListedSession[]): string =>
  columns([
    ['handle', 'owner', 'signed in or begun', 'seen', 'ends'],
    ...sessions.map(({ handle, owner = '-', createdAt, lastSeenAt, expiresAt }) => [
      ...[handle, owner],
      ...[createdAt, lastSeenAt, expiresAt].map(timeText),
    ]),
  ])
