import { checkedTable } from '../shared/sql.ts'

/** The version of the tables' form. */
export const POSTGRES_SCHEMA = 1

export interface TableName {
  /** Quoted, with its schema where it has one. */
  readonly table: string
  readonly versions: string
  /** The last part, for the names of its indexes. */
  readonly short: string
}

/** `table` or `schema.table`, each part a plain name. */
export function postgresTable(name: unknown): TableName {
  const parts = typeof name === 'string' && /^[^.]+\.[^.]+$/.test(name) ? name.split('.') : [name]
  const checked = parts.map((part) => checkedTable('postgresStore', part, 'a plain name, or two with a dot between them'))
  const quoted = checked.map((part) => `"${part}"`).join('.')
  return { table: quoted, versions: `${quoted.slice(0, -1)}_schema"`, short: checked.at(-1) ?? '' }
}

/**
 * The SQL that makes the tables of `postgresStore`, for those who make theirs themselves. `table` is that of the store, by default
 * `coatcheck_sessions`. Throws `BAD_OPTIONS` when it is no plain name.
 */
export function postgresSchema(table = 'coatcheck_sessions'): string {
  const name = postgresTable(table)
  return `CREATE TABLE ${name.table} (
  key text COLLATE "C" NOT NULL PRIMARY KEY,
  version text COLLATE "C" NOT NULL,
  data text NOT NULL,
  owner text COLLATE "C",
  created_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX "${name.short}_by_owner" ON ${name.table} (owner, key) WHERE owner IS NOT NULL;
CREATE INDEX "${name.short}_by_expiry" ON ${name.table} (expires_at);
CREATE TABLE ${name.versions} (version integer NOT NULL);
INSERT INTO ${name.versions} (version) VALUES (${POSTGRES_SCHEMA});
`
}

/** The same as one statement, which is one transaction with every client; of several servers that come at once one makes the tables. */
export function postgresMigration(table: string): string {
  const { versions } = postgresTable(table)
  return `DO $migration$ BEGIN
PERFORM pg_advisory_xact_lock(hashtext('coatcheck'), hashtext('${versions}'));
IF to_regclass('${versions}') IS NULL THEN
${postgresSchema(table)}END IF;
END $migration$`
}
