import { only, parsed } from './args.ts'
import { check } from './asvs/checks.ts'
import { ROWS } from './asvs/rows.ts'
import type { Verdict } from './asvs/verdict.ts'
import type { Command } from './command.ts'
import { askedFor, urlOf, visit } from './doctor/visit.ts'
import { Problem } from './problem.ts'
import { asJson } from './text.ts'

const FROM_INSIDE: Verdict = { result: 'cannot tell', why: 'not to be seen from outside, or by the requests that were given' }

export const asvs: Command = {
  name: 'asvs',
  summary: 'checks a site against the rows of OWASP ASVS 5.0 that can be seen from outside',
  help: `coatcheck asvs <url> [options]

Goes through the rows of docs/asvs.md, and says of each: pass, fail, or cannot tell. A pass says what was seen, and is no proof. The more
requests it is given the more it can tell; it carries them out on the site, several times.

  --begin REQUEST    a request that begins a session: "POST /cart/add article=hat"
  --sign-in REQUEST  one that signs somebody in: "POST /sign-in name=ada&password=velvet+collar"
  --sign-out REQUEST one that signs out
  --cookie NAME      the cookie that carries the session, where that is not plain to see
  --connect HOST:PORT  a server that is asked in the place of the one that the address names
  --ca FILE          certificates that count besides those of the platform
  --json             for programs: { "url", "rows": [{ "id", "level", "requirement", "result", "why" }] }

  npx coatcheck asvs https://shop.example --begin "POST /cart/add article=hat"
  npx coatcheck asvs https://shop.example --begin "…" --sign-in "…" --sign-out "POST /sign-out" --json

The exit code is 1 when a row fails.`,

  async run(args, terminal) {
    const { values, positionals } = parsed('asvs', args, {
      ...{ begin: { type: 'string' }, 'sign-in': { type: 'string' }, 'sign-out': { type: 'string' }, cookie: { type: 'string' } },
      ...{ connect: { type: 'string' }, ca: { type: 'string' }, json: { type: 'boolean' } },
    })
    const url = urlOf(only('asvs', 'an address', positionals))
    const steps = { signIn: askedFor(values['sign-in'], 'sign-in'), signOut: askedFor(values['sign-out'], 'sign-out') }
    const begin = askedFor(values.begin, 'begin') ?? steps.signIn
    const instances = values.connect === undefined ? [] : [values.connect]
    terminal.progress?.(`Looking at ${url.origin} …`)
    const visited = await visit({ url, begin, cookie: values.cookie, instances, ca: values.ca })
    if (Array.isArray(visited)) throw new Problem(visited[0]?.says ?? '', visited[0]?.fix ?? '')
    const verdicts = await check(visited, steps)
    const rows = ROWS.map(([id, level, requirement]) => ({ id, level, requirement, ...(verdicts[id] ?? FROM_INSIDE) }))
    terminal.say(values.json ? asJson({ url: url.href, rows }) : shown(rows))
    return rows.some(({ result }) => result === 'fail') ? 1 : 0
  },
}

function shown(rows: readonly ({ readonly id: string; readonly requirement: string } & Verdict)[]): string {
  const lines = rows
    .filter(({ result }) => result !== 'cannot tell')
    .map(({ id, result, requirement, why }) => `${id.padEnd(14)}${result}  ${requirement}: ${why}`)
  const count = (result: Verdict['result']): number => rows.filter((row) => row.result === result).length
  return `${lines.join('\n')}\n\n${count('pass')} pass, ${count('fail')} fail; of ${count('cannot tell')} nothing can be told from outside (see --json).`
}
