import { SessionError } from '../errors.ts'
import { parsed, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { type Finding, finding } from './doctor/findings.ts'
import { lookAtNames, lookAtOptions, refused } from './doctor/options.ts'
import { lookAtSecrets } from './doctor/secrets.ts'
import { lookAtStore } from './doctor/store.ts'
import { lookAtSite } from './doctor/url.ts'
import { askedFor, urlOf, type Visit, visit } from './doctor/visit.ts'
import { configIn, loadSites } from './site/load.ts'
import type { Site } from './site/site.ts'
import type { Terminal } from './terminal.ts'
import { asJson } from './text.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'looks for what is wrong with the sessions of an application',
  help: `coatcheck doctor [url …] [options]

Looks at the module that makes the sessions, at their store, and at the site at each address, as a browser would. Each finding has a code, a
sentence and what to do. It loads the module as with NODE_ENV=production, unless that is set, and changes no session: it writes one record
of its own and removes it.

  --begin REQUEST    a request that begins a session, so that its cookie is seen: "POST /cart/add article=hat"
  --cookie NAME      the cookie that carries the session, where that is not plain to see
  --connect HOST:PORT  a server that is asked in the place of the one that the address names; several: instances, which are compared
  --direct HOST:PORT the server behind the proxy, over plain HTTP
  --ca FILE          certificates that count besides those of the platform
  --strict           warnings count as errors for the exit code
  --config FILE      the module that makes the sessions; when left out, coatcheck.config.ts or what init writes, if it is there
  --env FILE         variables for it; .env when left out and there
  --site NAME        only these sessions of the module
  --json             for programs: { "findings": [{ "code", "level", "where", "says", "fix" }], "looked" }

  npx coatcheck doctor
  npx coatcheck doctor https://shop.example --begin "POST /cart/add article=hat"
  npx coatcheck doctor https://shop.example --connect 10.0.0.1:3000 --connect 10.0.0.2:3000 --strict

The exit code is 1 when there is an error (with --strict, a warning), so that a pipeline stops.`,

  async run(args, terminal) {
    const { values, positionals } = parsed('doctor', args, {
      ...SITE_OPTIONS,
      ...{ begin: { type: 'string' }, cookie: { type: 'string' }, direct: { type: 'string' }, ca: { type: 'string' } },
      ...{ connect: { type: 'string', multiple: true }, strict: { type: 'boolean' } },
    })
    const looked: string[] = []
    const findings: Finding[] = []
    const begin = askedFor(values.begin, 'begin')
    const urls = positionals.map(urlOf)
    let carrier = values.cookie
    if (urls.length === 0 || values.config !== undefined || configIn(terminal.folder) !== undefined) {
      terminal.progress?.('Looking at the module …')
      const module = await lookAtModule(terminal, values)
      looked.push(...module.looked)
      findings.push(...module.findings)
      if (urls.length === 1 && module.carriers.length === 1) carrier ??= module.carriers[0]
    }
    const visits: Visit[] = []
    for (const url of urls) {
      terminal.progress?.(`Looking at ${url.origin} …`)
      looked.push(url.href)
      const asking = { url, begin, cookie: carrier, instances: values.connect ?? [], direct: values.direct, ca: values.ca }
      const visited = await visit(asking)
      if (Array.isArray(visited)) findings.push(...visited)
      else {
        visits.push(visited)
        findings.push(...(await lookAtSite(visited)))
      }
    }
    findings.push(...lookAtNeighbours(visits))
    const isBad = findings.some(({ level }) => level === 'error' || values.strict)
    terminal.say(values.json ? asJson({ findings, looked }) : shown(findings, looked))
    return isBad ? 1 : 0
  },
}

async function lookAtModule(
  terminal: Terminal,
  values: { readonly config?: string; readonly env?: string; readonly site?: string },
) {
  process.env.NODE_ENV ||= 'production'
  const where = values.config ?? configIn(terminal.folder) ?? ''
  try {
    const { file, sites } = await loadSites(terminal, values)
    const chosen = sites.filter(({ name, carrier }) => values.site === undefined || [name, carrier].includes(values.site))
    const findings = lookAtNames(sites)
    for (const site of chosen) findings.push(...(await lookAtSessions(site)))
    return {
      findings,
      looked: [`${file}: ${chosen.map(({ name }) => name).join(', ')}`],
      carriers: chosen.map((each) => each.carrier),
    }
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    return { findings: [refused(error, where)], looked: [where], carriers: [] }
  }
}

/** All that can be seen of sessions without a request. */
export async function lookAtSessions(site: Site): Promise<Finding[]> {
  const { options, core } = site.inside
  const { store, revocations } = options
  const ends = revocations && 'store' in revocations ? revocations.store : revocations
  return [
    ...lookAtOptions(site),
    ...(await lookAtSecrets(options, site.name, core.engine.now())),
    ...(store ? await lookAtStore(store, core.engine, site.name) : []),
    ...(ends && ends !== store ? await lookAtStore(ends, core.engine, `${site.name}: revocations`) : []),
  ]
}

/** Sites of one host whose sessions are in one cookie: browsers tell no ports apart. */
function lookAtNeighbours(visits: readonly Visit[]): Finding[] {
  return visits.flatMap(({ asking: { url }, cookies, where }, at) =>
    cookies.flatMap(({ name }) => {
      const other = visits
        .slice(0, at)
        .find((each) => each.asking.url.hostname === url.hostname && each.cookies.some((one) => one.name === name))
      if (!other) return []
      return [
        finding(
          'cookie-name-shared',
          where,
          `${other.asking.url.href} and ${url.href} both set the cookie ${name}: each signs out the visitors of the other.`,
        ),
      ]
    }),
  )
}

function shown(findings: readonly Finding[], looked: readonly string[]): string {
  const said = findings.map(({ code, level, where, says, fix }) => `${level}  ${code}  ${where}\n  ${says}\n  ${fix}\n`)
  const count = (level: string, name: string): string => {
    const number = findings.filter((each) => each.level === level).length
    return `${number} ${name}${number === 1 ? '' : 's'}`
  }
  return [...said, `Looked at ${looked.join(' and ')}: ${count('error', 'error')}, ${count('warning', 'warning')}.`].join('\n')
}
