import { only, parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { listed } from './list.ts'
import { Problem } from './problem.ts'
import { loadSite } from './site/load.ts'
import { asJson, facts, timeText } from './text.ts'
import { shownValues, valuesText } from './values.ts'

export const show: Command = {
  name: 'show',
  summary: 'shows one session by its handle',
  help: `coatcheck show <handle> [options]

Shows what is known of a session, and the names, types and sizes of its values.

  --reveal           shows the values themselves
${SITE_HELP}

  npx coatcheck show 3f0c…            # a handle of \`list\`, of an event, or session.handle
  npx coatcheck show 3f0c… --reveal --json`,

  async run(args, terminal) {
    const { values, positionals } = parsed('show', args, { ...SITE_OPTIONS, reveal: { type: 'boolean' } })
    const handle = only('show', 'a handle', positionals)
    const site = await loadSite(terminal, values)
    const session = await site.sessions.find(handle)
    if (!session) throw noSession()
    const held = (await site.inside.core.persistence.owners?.values?.(handle)) ?? {}
    const shown = shownValues(held, values.reveal ?? false)
    if (values.json) {
      terminal.say(asJson({ ...listed(session), values: shown }))
      return 0
    }
    terminal.say(
      facts({
        ...{ handle: session.handle, owner: session.owner ?? '-' },
        ...(session.impersonator !== undefined && { 'used by': session.impersonator }),
        ...{ began: timeText(session.createdAt), seen: timeText(session.lastSeenAt), ends: timeText(session.expiresAt) },
        ...(session.authenticatedAt !== undefined && { proved: timeText(session.authenticatedAt) }),
        ...(session.level !== undefined && { level: session.level }),
        ...(session.note && { note: JSON.stringify(session.note) }),
      }),
    )
    terminal.say(`\n${valuesText(shown)}`)
    return 0
  },
}

export const noSession = (): Problem =>
  new Problem(
    'There is no session of this handle: it ended, or never was one.',
    'A handle is what `list`, events and session.handle say; a cookie is looked into by `coatcheck inspect`.',
  )
