import type { Difference } from './differences.ts'
import type { Call, Script, Visit } from './fastify-secure-session-script.ts'

const visit = (...calls: readonly Call[]): Visit => ({ wait: 0, sends: 'cookies', status: 200, calls })
const of = (configured: Script['configured'], ...visits: readonly Visit[]): Script => ({ configured, visits })
const set = { call: 'set', key: 'a', value: 1 } as const
const has = ({ calls }: Visit, name: Call['call']): boolean => calls.some(({ call }) => call === name)

export const differences: Readonly<Record<string, Difference<Script>>> = {
  inside: {
    what: 'A value that is changed from the inside, such as `session.list.push(…)`, is stored',
    why: 'In @fastify/secure-session it is lost, unless something else is set in the same request',
    meets: ({ visits }) => visits.some((each) => has(each, 'push')),
    script: of(
      {},
      visit({ call: 'set', key: 'list', value: [1] }),
      visit({ call: 'push', key: 'list', value: 2 }),
      visit({ call: 'data' }),
    ),
    theirs: /\{"list":\[1\]\}/,
    ours: /\{"list":\[1,2\]\}/,
  },
  names: {
    what: '`Object.keys(session)`, `in`, `delete` and `JSON.stringify` see the values',
    why: 'There they see `changed` and `deleted`: the `keepSessionInfo` of @fastify/passport keeps nothing',
    meets: ({ visits }) => visits.some((each) => has(each, 'own')),
    script: of({}, visit(set, { call: 'own' })),
    theirs: /\[\["changed","deleted"\],false,/,
    ours: /\[\["a"\],true,\{"a":1\}\]/,
  },
}
