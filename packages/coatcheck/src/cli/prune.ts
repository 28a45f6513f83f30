import { can } from '../stores/store.ts'
import { parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { Problem } from './problem.ts'
import { loadSite } from './site/load.ts'
import { asJson } from './text.ts'

/** What one call of `sessions.prune()` removes at most. */
const MOST = 1000

export const prune: Command = {
  name: 'prune',
  summary: 'removes expired records from the store',
  help: `coatcheck prune [options]

Removes the records of sessions that are over, until none is left. Stores that do it themselves have nothing to prune.

${SITE_HELP}

  npx coatcheck prune
  npx coatcheck prune --config app/sessions.ts --json`,

  async run(args, terminal) {
    const { values, positionals } = parsed('prune', args, SITE_OPTIONS)
    if (positionals.length > 0) throw new Problem('prune takes no argument.', 'Name the sessions by --config and --site.')
    const { sessions, inside } = await loadSite(terminal, values)
    const { store, revocations } = inside.options
    const kept = [store, revocations && 'store' in revocations ? revocations.store : revocations].filter(
      (each) => each !== undefined,
    )
    if (kept.length === 0)
      throw new Problem('There is nothing to prune: these sessions live in their visitors’ cookies.', 'Leave it out.')
    let removed = 0
    if (kept.some((each) => can(each, 'prune')))
      for (;;) {
        const some = await sessions.prune()
        removed += some
        terminal.progress?.(`Removed: ${removed}`)
        if (some < MOST) break
      }
    terminal.say(values.json ? asJson({ removed }) : `Removed: ${removed}.`)
    return 0
  },
}
