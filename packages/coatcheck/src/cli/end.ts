import { only, parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { Problem } from './problem.ts'
import { noSession } from './show.ts'
import { loadSite } from './site/load.ts'
import { asJson } from './text.ts'

export const end: Command = {
  name: 'end',
  summary: 'ends one session by its handle',
  help: `coatcheck end <handle> [options]

Ends a session, wherever it went since. Its visitor is a stranger from the next request on.

  --owner NAME       only if it is this owner's
${SITE_HELP}

  npx coatcheck end 3f0c…
  npx coatcheck end 3f0c… --owner ada --json`,

  async run(args, terminal) {
    const { values, positionals } = parsed('end', args, { ...SITE_OPTIONS, owner: { type: 'string' } })
    const handle = only('end', 'a handle', positionals)
    const site = await loadSite(terminal, values)
    const isEnded = await site.sessions.end(handle, values.owner === undefined ? {} : { owner: values.owner })
    if (values.json) terminal.say(asJson({ ended: isEnded ? 1 : 0 }))
    else if (isEnded) terminal.say('The session is over.')
    else throw noSession()
    return isEnded ? 0 : 1
  },
}

export const endAll: Command = {
  name: 'end-all',
  summary: 'ends all sessions of an owner, or of everybody',
  help: `coatcheck end-all --owner NAME [options]

Ends all sessions of an owner, and lets no sign-in through that began before: after a stolen password, say. What is left after a failure
is said, and the exit code is 1; call it again.

  --owner NAME       whose sessions
  --except HANDLE    but for this one
  --everything       in the place of --owner: the sessions of everybody, guests too; asks first
  --yes, -y          ends everything without asking
${SITE_HELP}

  npx coatcheck end-all --owner ada
  npx coatcheck end-all --owner ada --except 3f0c…
  npx coatcheck end-all --everything --yes`,

  async run(args, terminal) {
    const { values, positionals } = parsed('end-all', args, {
      ...SITE_OPTIONS,
      ...{ owner: { type: 'string' }, except: { type: 'string' } },
      ...{ everything: { type: 'boolean' }, yes: { type: 'boolean', short: 'y' } },
    })
    if (positionals.length > 0 || (values.owner === undefined) !== (values.everything ?? false))
      throw new Problem('end-all needs to know whose sessions.', 'Call it with --owner NAME, or with --everything.')
    if (values.everything && values.except !== undefined)
      throw new Problem('--except stands beside --everything.', 'Leave one of the two out.')
    const { sessions } = await loadSite(terminal, values)
    const asked = 'End the sessions of everybody? [y/N] '
    if (values.everything && !values.yes && !(terminal.isAnswered && /^y(es)?$/i.test(await terminal.ask(asked))))
      throw new Problem('Nothing was ended.', 'Call it with --yes to end the sessions of everybody.')
    terminal.progress?.('Ending sessions …')
    const ended =
      values.owner === undefined
        ? await sessions.endEverything()
        : await sessions.endAll(values.owner, values.except === undefined ? {} : { except: values.except })
    terminal.say(values.json ? asJson({ ended }) : `Ended: ${ended}.`)
    return 0
  },
}
