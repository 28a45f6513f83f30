import { describe } from 'vitest'
import { differences } from '../../../../test/differential/fastify-secure-session-differences.ts'
import { looksOf, type Script, scripts, siteOf } from '../../../../test/differential/fastify-secure-session-script.ts'
import { holdListed, tellListed } from '../../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../../test/differential/visits.ts'
import { upstream } from '../../../../test/helpers/fastify.ts'
import { memoryStore } from '../../../stores/memory.ts'
import { fastifySecureSession } from '../fastify.ts'

// One script of requests to an application of Fastify, on @fastify/secure-session itself and on ours.

holdTime()

const kinds: Readonly<Record<string, () => object | undefined>> = { cookie: () => undefined, store: memoryStore }

const both =
  (kind: string) =>
  (script: Script): Promise<unknown[][]> =>
    storiesOf(script, looksOf(script), [
      () => siteOf(upstream.secureSession(), undefined, script.configured),
      () => siteOf(fastifySecureSession as never, kinds[kind]?.(), script.configured),
    ])

describe.each(Object.keys(kinds))('the same requests on @fastify/secure-session and here: %s', (kind) => {
  testScripts(scripts, differences, kind, both(kind), { runs: 150, least: 40 })

  tellListed(differences, kind, both(kind))
})

holdListed(differences, 'fastify-secure-session.md')
