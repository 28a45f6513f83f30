// How a session's commits are shared out among processes that write it all the time: `node bench/fairness.ts`, or with words of the names
// of races.
// The time is not real: what is printed is the same each time.
import { crowd, type Member } from '../packages/coatcheck/test/helpers/crowd.ts'
import { tableOf } from '../scripts/doc-table.ts'

const SECONDS = 30
const trips = (...all: number[]): Member[] => all.map((trip) => ({ trip }))
const EIGHT = trips(5, 10, 15, 20, 25, 30, 40, 50)

const RACES: Readonly<Record<string, readonly Member[]>> = {
  'eight, one commit waiting in each': EIGHT,
  'eight, four commits waiting in each': EIGHT.map((member) => ({ ...member, commits: 4 })),
  'eight, one or four commits waiting': EIGHT.map((member, at) => ({ ...member, commits: at % 2 ? 4 : 1 })),
  'eight, each request opens the session': EIGHT.map((member) => ({ ...member, commits: 4, opens: true })),
  'eight, clocks up to a minute apart': EIGHT.map((member, at) => ({ ...member, ahead: at * 8000 })),
  'eight alike': trips(10, 10, 10, 10, 10, 10, 10, 10),
  'two fast and a slow one': trips(1, 1, 50),
  'one fast and a slow one': trips(1, 50),
  'two fast and a far one': trips(1, 1, 200),
  'seven slow and a fast one': trips(1, 50, 50, 50, 50, 50, 50, 50),
  'a slow one writes every second': [{ trip: 1 }, { trip: 1 }, { trip: 50, idle: 1000 }],
  'thirty-two alike': trips(...Array.from({ length: 32 }, () => 5)),
  'one by itself': trips(1),
}

for (const [name, members] of Object.entries(RACES)) {
  if (process.argv.length > 2 && !process.argv.slice(2).some((word) => name.includes(word))) continue
  const { fates, counted } = await crowd(members, SECONDS * 1000)
  const all = fates.reduce((sum, { commits }) => sum + commits, 0)
  const writes = fates.reduce((sum, fate) => sum + fate.writes, 0)
  const share = (part: number, whole: number) => ((part * fates.length) / whole).toFixed(2)
  const least = Math.min(...fates.map((fate) => (fate.writes * fates.length) / writes))
  const calls = fates.reduce((sum, { others }) => sum + others, 0)
  console.log(
    `\n## ${name}\n\n${(all / SECONDS).toFixed(1)} commits and ${(writes / SECONDS).toFixed(1)} writes a second; ${(calls / SECONDS).toFixed(1)} other calls; least share of the writes ${least.toFixed(2)}; ${all - counted} lost.\n`,
  )
  console.log(
    tableOf(
      ['round trip, ms', 'commits', 'writes', 'of its share', 'longest wait, ms', 'CONFLICT'],
      fates.map((fate) =>
        [fate.trip, fate.commits, fate.writes, share(fate.writes, writes), Math.round(fate.longest), fate.conflicts].map(String),
      ),
    ),
  )
}
