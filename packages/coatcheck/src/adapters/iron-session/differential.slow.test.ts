import { getIronSession as theirs9 } from 'iron-session'
import { getIronSession as theirs8 } from 'iron-session-8'
import { describe } from 'vitest'
import { differences } from '../../../test/differential/iron-session-differences.ts'
import {
  type Kind,
  lastLines,
  looksOf,
  type Make,
  type Script,
  scripts,
  siteOf,
} from '../../../test/differential/iron-session-script.ts'
import { holdListed, tellListed } from '../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../test/differential/visits.ts'
import { bounded } from '../../../test/helpers/depth.ts'
import { getIronSession as ours } from '../iron-session.ts'

// One script of requests to an application on iron-session itself and on ours: of node:http, on Request and Response, and on an object of cookies.

holdTime()

const packages = { 8: theirs8, 9: theirs9 } as const
const KINDS: readonly Kind[] = ['node', 'fetch', 'cookies']
const kinds = ([8, 9] as const).flatMap((version) => KINDS.map((kind) => [`${version} ${kind}`, version, kind] as const))

const both =
  (version: keyof typeof packages, kind: Kind, more: object = {}) =>
  async (script: Script): Promise<unknown[][]> => {
    const stories = await storiesOf(script, looksOf(script), [
      () => siteOf(kind, packages[version] as Make, script.configured),
      () => siteOf(kind, ours as Make, script.configured, more),
    ])
    return stories.map(lastLines)
  }

describe.each(kinds)('the same requests on iron-session %s and here', (name, version, kind) => {
  testScripts(scripts, differences, name, both(version, kind), { runs: bounded(400, 150), least: 30 })

  tellListed(differences, name, both(version, kind))
})

describe.each(kinds)('with `format: "upstream"`, beside iron-session %s', (name, version, kind) => {
  testScripts(scripts, differences, name, both(version, kind, { format: 'upstream' }), { runs: bounded(200, 100), least: 20 })
})

holdListed(differences, 'iron-session.md')
