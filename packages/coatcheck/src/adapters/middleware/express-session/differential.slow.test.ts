import theirs from 'express-session'
import { describe } from 'vitest'
import { differences } from '../../../../test/differential/express-session-differences.ts'
import {
  found,
  LOOKS,
  type Middleware,
  type Script,
  scripts,
  siteOf,
} from '../../../../test/differential/express-session-script.ts'
import { holdListed, tellListed } from '../../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../../test/differential/visits.ts'
import ours from '../express-session.ts'

// One script of requests to an application of Express, on express-session itself and on ours.

holdTime()

const both = (script: Script): Promise<unknown[][]> =>
  storiesOf(
    script,
    LOOKS,
    [theirs, ours].map((session) => () => siteOf(session as Middleware, script.configured)),
  )

describe('the same requests on express-session and here', () => {
  testScripts(scripts, differences, '', both, { runs: 600, least: 250, found })

  tellListed(differences, '', both)
})

holdListed(differences, 'express-session.md')
