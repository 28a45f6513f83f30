import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withSession } from '../../adapters/fetch.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { createSessions } from '../../index.ts'
import { visitor } from '../../testing/visitor.ts'
import { fileStore } from '../file.ts'

test('promise 6: a record that was cut short on the disk is a fresh visitor, and an event that names the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-damaged-'))
  try {
    const events: SessionEvent[] = []
    const sessions = createSessions({ store: fileStore({ directory }), onEvent: (event) => events.push(event) })
    const ada = visitor(
      withSession(sessions, async (request) => {
        const session = await sessions.open(request)
        return Response.json(session.update('n', (n) => Number(n ?? 0) + 1))
      }),
    )
    expect(await (await ada.get('/')).json()).toBe(1)
    expect(await (await ada.get('/')).json()).toBe(2)
    const [file] = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const path = join(file?.parentPath ?? '', file?.name ?? '')
    truncateSync(path, 20)
    expect(await (await ada.get('/')).json()).toBe(1)
    const [refusal] = events.filter((event) => event.type === 'refused')
    expect(refusal).toMatchObject({
      reason: 'corrupt',
      error: { code: 'DAMAGED_RECORD', message: expect.stringContaining(path) },
    })
    expect(await (await ada.get('/')).json()).toBe(2)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
