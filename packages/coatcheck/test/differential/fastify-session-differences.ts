import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './fastify-session-script.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (configured: Script['configured'], ...visits: readonly Visit[]): Script => ({ configured, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)

export const differences: Readonly<Record<string, Difference<Script>>> = {
  reloaded: {
    what: 'A new session that is saved, and then reloaded in the same request, has its cookie sent',
    why: 'In @fastify/session it lies in the store, and nobody has it',
    meets: ({ visits }) => visits.some((each) => has(each, 'save') && has(each, 'reload')),
    script: of({}, visit(set, { call: 'save' }, { call: 'reload' })),
    theirs: /"lines":\[\]/,
    ours: /"lines":\["sessionId=…; Path=\/; HttpOnly"\]/,
  },
  begun: {
    what: '`reload()` after `regenerate()` in the same request leaves an empty session, if nothing was saved since',
    why: '@fastify/session stores a session that nobody has the cookie of yet, and reads that',
    meets: ({ visits }) => visits.some((each) => (has(each, 'regenerate') || has(each, 'keep')) && has(each, 'reload')),
    script: of({}, visit(set, { call: 'keep', keys: ['a'] }, { call: 'reload' }, { call: 'json' })),
    theirs: /\{"a":1,"cookie":[^}]+\}\}\],"lines"/,
    ours: /,\{"cookie":[^}]+\}\}\],"lines"/,
  },
}
