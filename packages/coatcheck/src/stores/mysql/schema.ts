import { checkedTable } from '../shared/sql.ts'

/** The version of the tables' form. */
export const MYSQL_SCHEMA = 1

export const mysqlTable = (table: unknown): string => checkedTable('mysqlStore', table)

/**
 * The SQL that makes the tables of `mysqlStore`, for those who make theirs themselves. `table` is that of the store, by default
 * `coatcheck_sessions`. Throws `BAD_OPTIONS` when it is no plain name.
 */
export function mysqlSchema(table = 'coatcheck_sessions'): string {
  return `${mysqlMigration(table).join(';\n')};\n`
}

/** One statement each. MySQL keeps no transaction over them, so each may find that it was run before. */
export function mysqlMigration(table: string): readonly string[] {
  const name = mysqlTable(table)
  return [
    // Keys are compared byte by byte, and the data is held whole: TEXT ends at 65 535 bytes.
    `CREATE TABLE IF NOT EXISTS \`${name}\` (
  \`key\` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  version varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  data longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner varchar(128) CHARACTER SET ascii COLLATE ascii_bin,
  created_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  INDEX by_owner (owner, \`key\`),
  INDEX by_expiry (expires_at, \`key\`)
) ENGINE=InnoDB`,
    `CREATE TABLE IF NOT EXISTS \`${name}_schema\` (id tinyint NOT NULL PRIMARY KEY, version int NOT NULL) ENGINE=InnoDB`,
    `INSERT INTO \`${name}_schema\` (id, version) VALUES (1, ${MYSQL_SCHEMA}) ON DUPLICATE KEY UPDATE id = id`,
  ]
}
