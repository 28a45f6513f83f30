import type { Target } from './target.ts'
import { codec } from './targets/codec.ts'
import { migrateFrom } from './targets/migrate.ts'
import { options } from './targets/options.ts'
import { answers, record } from './targets/records.ts'
import { cookie, ticket } from './targets/visits.ts'

export const TARGETS: readonly Target[] = [cookie, ticket, codec, migrateFrom, record, answers, options]
