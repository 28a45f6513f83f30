// `npm run bench:sockets`: how long after a sign-out the socket of the session closes, in another process, on real engines.
import { openPlace } from '../packages/coatcheck/test/helpers/places.ts'
import { connect, type Engine, elsewhere, KINDS, leaveAll, site } from '../packages/coatcheck/test/helpers/socket-places.ts'
import { prepareEngines } from '../scripts/engines.ts'
import { median } from './statistics.ts'

const SOCKETS = 50

/** Milliseconds from the beginning of each sign-out to its response, and to the close of the socket. */
async function measured(kind: string, engine: Engine): Promise<{ readonly signOuts: number[]; readonly closes: number[] }> {
  const { store, close } = await openPlace(kind, engine.url)
  const [signOuts, closes]: [number[], number[]] = [[], []]
  try {
    await store.migrate?.()
    const visit = site(store)
    const port = await elsewhere(kind, engine.url)
    for (let nth = 0; nth < SOCKETS; nth++) {
      const cookie = await visit('/login')
      const closed = (await connect(port, cookie)).closed.then(() => performance.now())
      const began = performance.now()
      await visit('/logout', cookie)
      signOuts.push(performance.now() - began)
      closes.push((await closed) - began)
    }
  } finally {
    leaveAll()
    await close()
  }
  return { signOuts, closes }
}

await prepareEngines(['redis', 'postgres', 'nats', 'mariadb'])
console.log(`${SOCKETS} sockets, one after the other; milliseconds from the beginning of the sign-out, median and largest:\n`)
console.log('| store | its response | the socket closes | largest |\n| --- | --- | --- | --- |')
for (const kind of ['redis', 'postgres', 'nats', 'mysql', 'sqlite'] as const) {
  const engine = await KINDS[kind].start()
  try {
    const { signOuts, closes } = await measured(kind, engine)
    console.log(
      `| ${[kind, ...[median(signOuts), median(closes), Math.max(...closes)].map((ms) => ms.toFixed(1))].join(' | ')} |`,
    )
  } finally {
    await engine.stop()
  }
}
process.exit(0)
