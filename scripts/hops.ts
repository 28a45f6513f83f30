// Counts the files that one request passes, `npm run hops`: how many, how often its code goes on in another one, and how often in the
// one it came from. The sources are loaded with a mark wherever a debugger that steps into every call would stop (scripts/hops/mark.ts).
// packages/coatcheck/test/architecture.test.ts holds the limits.
import { parseArgs } from 'node:util'
import { hopsOf } from './hops/count.ts'
import { wayOfEach } from './hops/requests.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, way: { type: 'boolean' } } })

const ways = await wayOfEach()
if (values.json) console.log(JSON.stringify(ways))
else {
  console.log('request     files  crossings  straight back')
  for (const [name, way] of Object.entries(ways)) {
    const { files, crossings, back } = hopsOf(way)
    console.log(`${name.padEnd(11)} ${String(files).padStart(5)}  ${String(crossings).padStart(9)}  ${String(back).padStart(13)}`)
    if (values.way) console.log(`  ${way.join('\n  ')}`)
  }
}
