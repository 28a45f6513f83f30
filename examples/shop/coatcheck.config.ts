import { readFileSync } from 'node:fs'
import { createSessions, type Sessions } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { settingsFrom } from './settings.ts'

const { file, secrets } = settingsFrom(process.env)

/** The sessions of the shop, for the command `coatcheck`: without the shop around them. */
export const sessions: Sessions = createSessions({
  secrets: secrets ?? readFileSync(`${file}.secret`, 'utf8').trim(),
  store: sqliteStore({ path: file }),
})
