import { SessionError } from '../../errors.ts'

/** A table's name, which becomes part of SQL and must therefore be a plain one. Throws `BAD_OPTIONS`. */
export function checkedTable(store: string, table: unknown, form = 'a plain name'): string {
  if (typeof table === 'string' && /^(?!sqlite_)[a-z_][a-z0-9_]{0,47}$/i.test(table)) return table
  throw new SessionError(
    'BAD_OPTIONS',
    `${store}: \`table\` must be ${form}: a letter or "_", then at most 47 letters, digits or "_", and it may not begin with "sqlite_".`,
  )
}
