import { join } from 'node:path'
import { copyOfSources, replaced } from '../helpers/mutated.ts'
import type { BoundStory } from './bound-stories.ts'
import type { BoundEngine } from './bound-world.ts'

/** A deliberate fault of core/bound, and the stories that show it: one of them has to. */
export interface BoundMutant {
  readonly fault: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The same in another line. */
  readonly also?: readonly [from: string, to: string]
  readonly shows: readonly BoundStory[]
}

const stored = (start: BoundStory['start'], letters: string, more: Partial<BoundStory> = {}): BoundStory => ({
  kind: 'stored',
  start,
  letters,
  ...more,
})

export const MUTANTS: readonly BoundMutant[] = [
  {
    fault: 'registers whatever the record says by now',
    file: 'endpoints.ts',
    from: '(now) => now?.sid === sid && now.print === undefined',
    to: '() => true',
    shows: [stored('offered', 'SA'), stored('offered', 'RA')],
  },
  {
    fault: 'a second key takes the place of the first',
    file: 'endpoints.ts',
    from: '(now) => now?.sid === sid && now.print === undefined',
    to: '(now) => now?.sid === sid',
    shows: [stored('offered', 'RA')],
  },
  {
    fault: 'refuses the same key a second time',
    file: 'endpoints.ts',
    from: 'if (before.print === print) return { state: before, name, saved: undefined }',
    to: 'if (before.print === print) return undefined',
    shows: [stored('offered', 'R', { dies: 0 })],
  },
  {
    fault: 'who lost against its own registration is refused',
    file: 'endpoints.ts',
    from: 'return there?.sid === sid && there.print === print ?',
    to: 'return there?.sid === print ?',
    shows: [stored('offered', 'RD')],
  },
  {
    fault: 'a confirmation is written whatever the record says by now',
    file: 'endpoints.ts',
    from: 'now?.sid === sid && (now.print ?? print) === print',
    to: 'now?.sid !== print',
    shows: [stored('taken', 'SY')],
  },
  {
    fault: 'every refresh writes',
    file: 'endpoints.ts',
    from: 'if (loaded && isTicket && !state.confirmed)',
    to: 'if (loaded && isTicket)',
    shows: [stored('over', 'F')],
  },
  {
    fault: 'nobody looks who signed a refresh',
    file: 'endpoints.ts',
    from: 'if (!proof || !challenge || challenge.isOver || !(await proof.isGenuine())) return this.#again(name, about)',
    to: 'if (!proof || !challenge || challenge.isOver) return this.#again(name, about)',
    shows: [stored('over', 'F')],
  },
  {
    fault: 'a store that is down ends the device session',
    file: 'endpoints.ts',
    from: 'return refused(503)\n    }',
    to: "return this.#over('')\n    }",
    shows: [stored('over', 'F', { fails: ['before'] })],
  },
  {
    fault: 'a refresh for another site that finds nothing ends the device session',
    file: 'endpoints.ts',
    from: 'return blocked || isCrossSite ? refused(503)',
    to: 'return blocked ? refused(503)',
    shows: [stored('bound', 'M|Q|Z|J', { isForgotten: true })],
  },
  {
    fault: 'a name of a secret that is not known here ends the device session',
    file: 'endpoints.ts',
    from: ': byTicket(name, loaded)',
    to: ": byTicket('', loaded)",
    shows: [stored('bound', 'N|N|M|N|F')],
  },
  {
    fault: 'does not follow a new id',
    file: 'refreshing.ts',
    from: 'found?.forwarding && hop < LONGEST_CHAIN',
    to: 'found?.forwarding && hop < 0',
    shows: [stored('bound', 'M|Z|J')],
  },
  {
    fault: 'a session that the browser has no ticket of is refreshed',
    file: 'refreshing.ts',
    from: "if (loaded && !isTicket && !loaded.isReplaced) return 'ended'",
    to: '',
    shows: [stored('pending', 'SB')],
  },
  {
    fault: 'a session is over by the clock of any server',
    file: 'refreshing.ts',
    from: 'now() - (deviceBound?.grace ?? 0) * 1000',
    to: 'now() - 0 * (deviceBound?.grace ?? 0)',
    shows: [stored('bound', 'FF', { passes: [290, 11], idle: 320 })],
  },
  {
    fault: 'asks for the cookie before the first refresh',
    file: 'binding.ts',
    from: 'if (print === undefined || !confirmed)',
    to: 'if (print === undefined)',
    shows: [stored('offered', 'RF')],
  },
  {
    fault: 'leaves a refused cookie in the browser',
    file: 'binding.ts',
    from: 'values.length > 0 ? this.#cookie.cleared : []',
    to: '[]',
    shows: [stored('bound', 'N|N|M|N|F')],
  },
  {
    fault: 'a cookie counts for any session',
    file: 'tokens.ts',
    from: 'COOKIE, [this.#engine.binding, sid, print]',
    to: 'COOKIE, [this.#engine.binding]',
    also: ['COOKIE, [sid, print]', 'COOKIE, []'],
    shows: [stored('keyed', 'S')],
  },
  {
    fault: 'nobody looks when a cookie ends',
    file: 'tokens.ts',
    from: 'end !== undefined && !this.#isOver(Number(end))',
    to: 'end !== undefined',
    shows: [stored('over', 'F')],
  },
  {
    fault: 'no allowance for clocks',
    file: 'tokens.ts',
    from: '<= end + this.#grace',
    to: '<= end + 0 * this.#grace',
    shows: [stored('offered', 'TR', { passes: [1] })],
  },
]

/** The engine with this fault, or as it is. */
export async function boundEngineOf(mutant: BoundMutant | undefined, copy: string): Promise<BoundEngine> {
  await copyOfSources(copy)
  if (mutant) {
    await replaced(copy, `core/bound/${mutant.file}`, mutant.from, mutant.to)
    if (mutant.also) await replaced(copy, `core/bound/${mutant.file}`, ...mutant.also)
  }
  const { sessionsOf }: Pick<BoundEngine, 'sessionsOf'> = await import(join(copy, 'core/sessions.ts'))
  const { withSession }: Pick<BoundEngine, 'withSession'> = await import(join(copy, 'adapters/fetch.ts'))
  const { deviceBound }: Pick<BoundEngine, 'deviceBound'> = await import(join(copy, 'device-bound.ts'))
  return { sessionsOf, withSession, deviceBound }
}
