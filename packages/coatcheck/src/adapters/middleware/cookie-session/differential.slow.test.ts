import theirs from 'cookie-session'
import { describe } from 'vitest'
import { differences } from '../../../../test/differential/cookie-session-differences.ts'
import { looksOf, type Make, type Script, scripts, siteOf } from '../../../../test/differential/cookie-session-script.ts'
import { holdListed, tellListed } from '../../../../test/differential/listed.ts'
import { holdTime, storiesOf, testScripts } from '../../../../test/differential/visits.ts'
import ours from '../cookie-session.ts'

// One script of requests to an application of Express, on cookie-session itself and on ours.

holdTime()

const both = (script: Script): Promise<unknown[][]> =>
  storiesOf(
    script,
    looksOf(script),
    [theirs, ours].map((session) => () => siteOf(session as Make, script.configured)),
  )

describe('the same requests on cookie-session and here', () => {
  testScripts(scripts, differences, '', both, { runs: 500, least: 200 })

  tellListed(differences, '', both)
})

holdListed(differences, 'cookie-session.md')
