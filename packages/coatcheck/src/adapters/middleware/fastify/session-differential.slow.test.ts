import { describe } from 'vitest'
import { differences } from '../../../../test/differential/fastify-session-differences.ts'
import { found, looksOf, type Script, scripts, siteOf } from '../../../../test/differential/fastify-session-script.ts'
import { holdListed, tellListed } from '../../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../../test/differential/visits.ts'
import { textStore, upstream } from '../../../../test/helpers/fastify.ts'
import { memoryStore } from '../../../stores/memory.ts'
import { fastifySession } from '../fastify.ts'

// One script of requests to an application of Fastify, on @fastify/session itself and on ours.

holdTime()

const stores: Readonly<Record<string, () => object>> = {
  'a store of @fastify/session': textStore,
  'a store of ours': memoryStore,
}

const both =
  (kind: string) =>
  (script: Script): Promise<unknown[][]> =>
    storiesOf(script, looksOf(script), [
      () => siteOf(upstream.session(), textStore(), script.configured),
      () => siteOf(fastifySession as never, (stores[kind] as () => object)(), script.configured),
    ])

describe.each(Object.keys(stores))('the same requests on @fastify/session and here: %s', (kind) => {
  testScripts(scripts, differences, kind, both(kind), { runs: 150, least: 40, found })

  tellListed(differences, kind, both(kind))
})

holdListed(differences, 'fastify.md')
