import theirs from 'koa-session'
import { describe } from 'vitest'
import { differences } from '../../../../test/differential/koa-session-differences.ts'
import { looksOf, type Make, rowsStore, type Script, scripts, siteOf } from '../../../../test/differential/koa-session-script.ts'
import { holdListed, tellListed } from '../../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../../test/differential/visits.ts'
import { memoryStore } from '../../../stores/memory.ts'
import ours from '../koa.ts'

// One script of requests to an application of Koa, on koa-session itself and on ours.

holdTime()

const kinds: Record<string, readonly [theirs: () => object | undefined, ours: () => object | undefined]> = {
  cookie: [() => undefined, () => undefined],
  'a store of koa-session': [rowsStore, rowsStore],
  'a store of ours': [rowsStore, memoryStore],
}

const both =
  (kind: string) =>
  (script: Script): Promise<unknown[][]> => {
    const [upstream, here] = kinds[kind] as (typeof kinds)[string]
    return storiesOf(script, looksOf(script), [
      () => siteOf(theirs as Make, upstream(), script.configured),
      () => siteOf(ours as Make, here(), script.configured),
    ])
  }

describe.each(Object.keys(kinds))('the same requests on koa-session and here: %s', (kind) => {
  testScripts(scripts, differences, kind, both(kind), { runs: 500, least: 100 })

  tellListed(differences, kind, both(kind))
})

holdListed(differences, 'koa.md')
