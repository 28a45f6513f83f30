import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADA, Guest } from './guest.ts'
import { type AppName, folderOf, install, SECRET, type Served, serve } from './harness.ts'
import { take } from './locks.ts'

/** Shows that the app in `examples/<name>` differs from one on the package that ours takes the place of by its import alone. */
export function tellSameSource(name: AppName, ours: string, theirs: string): void {
  describe(`the app in examples/${name}, its import changed back to ${theirs}`, () => {
    const folder = folderOf(name)
    const copy = join(folder, '.coatcheck-upstream.js')
    let app: Served | undefined
    let release: (() => void) | undefined
    beforeAll(async () => {
      await install(name)
      release = await take(name)
      const source = readFileSync(join(folder, 'server.js'), 'utf8')
      expect(source.split(`'${ours}'`)).toHaveLength(2)
      writeFileSync(copy, source.replace(`'${ours}'`, `'${theirs}'`))
      const env = { NODE_ENV: 'production', SESSION_SECRET: SECRET }
      app = await serve(`examples/${name} on ${theirs}`, 'node .coatcheck-upstream.js', folder, env)
    })
    afterAll(async () => {
      await app?.stop()
      rmSync(copy, { force: true })
      release?.()
    })

    test('runs as well', async () => {
      const ada = new Guest((path) => app?.url(path) ?? path)
      for (const visits of [1, 2]) expect((await ada.see()).visits).toBe(visits)
      await ada.send('/cart', { item: 'hat' })
      expect(await ada.send('/language', { language: 'de' })).toMatchObject({ cart: 1, language: 'de' })
      expect(await ada.send('/login', { ...ADA, password: 'guess' })).toMatchObject({ flash: 'Invalid username/password' })
      expect(await ada.send('/login', ADA)).toMatchObject({ flash: 'Welcome, ada', user: 'ada', cart: 1 })
      expect(await ada.send('/logout')).toMatchObject({ user: 'guest', cart: 0 })
    })
  })
}
