import { parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { Problem } from './problem.ts'
import { loadSite } from './site/load.ts'
import { listing } from './site/site.ts'
import { type Census, census } from './stats/census.ts'
import { asJson, bytesText, facts } from './text.ts'

export const stats: Command = {
  name: 'stats',
  summary: 'counts the sessions of a store, and what they weigh',
  help: `coatcheck stats [options]

Walks through the store once, and counts: sessions that live, of whom, how large, and when they end. It changes nothing.

  --owners N         names the N owners with the most sessions; 0 when left out, since names are personal
${SITE_HELP}

  npx coatcheck stats
  npx coatcheck stats --owners 5 --json`,

  async run(args, terminal) {
    const { values, positionals } = parsed('stats', args, { ...SITE_OPTIONS, owners: { type: 'string' } })
    if (positionals.length > 0 || !/^\d{1,4}$/.test(values.owners ?? '0'))
      throw new Problem('stats takes no argument, and a number after --owners.', 'See: npx coatcheck stats --help')
    const site = await loadSite(terminal, values)
    const store = listing(site, 'stats')
    const found = await census(store, site.inside.core.engine, {
      owners: Number(values.owners ?? 0),
      seen: (number) => terminal.progress?.(`Records: ${number}`),
    })
    terminal.say(values.json ? asJson(found) : shown(found))
    return 0
  },
}

function shown({ sessions, records, owners, bytes, ending }: Census): string {
  const most = owners.top.map(({ owner, sessions: n }) => `\n  ${owner ?? '(cannot be read here)'}: ${n}`).join('')
  return `${facts({
    'sessions that live': sessions.active,
    '  of somebody signed in': sessions.signedIn,
    '  of guests': sessions.guests,
    '  that cannot be read here': sessions.unreadable,
    owners: owners.count,
    'most sessions of one': owners.most,
    'they end, if nobody uses them': '',
    '  within an hour': ending.hour,
    '  within a day': ending.day,
    '  within a week': ending.week,
    '  later': ending.later,
    'size of a record, median': bytesText(bytes.median),
    '  of 19 in 20 at most': bytesText(bytes.p95),
    '  of the largest': bytesText(bytes.largest),
    'all records': bytesText(bytes.all),
    'other records': '',
    '  over, for prune to remove': records.expired,
    '  old ids, that lead to new ones': records.forwarding,
    '  marks of ends': records.ended,
  })}${most && `\n\nThe owners with the most sessions:${most}`}`
}
