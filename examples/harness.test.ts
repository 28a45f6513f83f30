import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alone, take } from './locks.ts'
import { complete, launch } from './processes.ts'

const here = tmpdir()
const node = (code: string) => `node --input-type=module -e ${JSON.stringify(code)}`

test('two who want one app come one after the other', async () => {
  const order: string[] = []
  const release = await take('nobody')
  const second = alone('nobody', () => order.push('second'))
  const other = alone('somebody', () => order.push('other app'))
  await other
  order.push('first')
  release()
  await second
  expect(order).toEqual(['other app', 'first', 'second'])
})

test('an app is free again when the process that had it was killed', async () => {
  const locks = JSON.stringify(join(import.meta.dirname, 'locks.ts'))
  const holder = launch(
    node(`await (await import(${locks.replaceAll('"', "'")})).take('mortal'); setInterval(console.log, 50, 'taken')`),
    here,
    {},
  )
  await once(holder.child.stdout ?? holder.child, 'data')
  const mine = take('mortal')
  holder.kill()
  ;(await mine)()
  expect(await holder.ended).toBe(null)
})

test('a command that fails says what it said', async () => {
  await expect(complete(node("console.log('so far'); console.error('so bad'); process.exit(3)"), here)).rejects.toThrow(
    /exit code 3, after saying:(?=[\s\S]*so far)(?=[\s\S]*so bad)/,
  )
})

test('what the tests set is not what an app sees', async () => {
  const seen = launch(node('console.log(process.env.VITEST, process.env.NODE_ENV, process.env.PORT)'), here, { PORT: '1' })
  await seen.ended
  expect(seen.output().trim()).toBe('undefined undefined 1')
})
