// SQL that every store over SQLite speaks, in this process or on a server.

export type SqliteVerb = 'read' | 'readMany' | 'create' | 'update' | 'delete' | 'touch' | 'listByOwner' | 'list' | 'prune'

/** The statements on a table, whose name is quoted already; every write names the version it replaces. */
export function sqliteStatements(table: string): Readonly<Record<SqliteVerb, string>> {
  return {
    read: `SELECT version, data, owner, created_at, ends_at, expires_at FROM ${table} WHERE key = ?`,
    readMany: `SELECT key, version, data, owner, created_at, ends_at, expires_at FROM ${table} WHERE key IN (SELECT value FROM json_each(?))`,
    create: `INSERT INTO ${table} (key, version, data, owner, created_at, ends_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO NOTHING`,
    update: `UPDATE ${table} SET version = ?, data = ?, expires_at = ? WHERE key = ? AND version = ?`,
    delete: `DELETE FROM ${table} WHERE key = ? AND version = ?`,
    touch: `UPDATE ${table} SET expires_at = max(expires_at, ?) WHERE key = ? AND version = ?`,
    listByOwner: `SELECT key FROM ${table} WHERE owner = ?`,
    list: `SELECT key FROM ${table} WHERE key > ? ORDER BY key LIMIT ?`,
    prune: `DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  }
}

/** The statements that make the table of sessions and its indexes. Each may find that it was run before. */
export function sqliteTable(name: string): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS "${name}" (
  key TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  data TEXT NOT NULL,
  owner TEXT,
  created_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT`,
    `CREATE INDEX IF NOT EXISTS "${name}_by_owner" ON "${name}" (owner, key) WHERE owner IS NOT NULL`,
    `CREATE INDEX IF NOT EXISTS "${name}_by_expiry" ON "${name}" (expires_at)`,
  ]
}

/** The same with the table of their version, which holds one row. */
export function sqliteMigration(name: string, version: number): string[] {
  return [
    ...sqliteTable(name),
    `CREATE TABLE IF NOT EXISTS "${name}_schema" (version INTEGER NOT NULL) STRICT`,
    `INSERT INTO "${name}_schema" (version) SELECT ${version} WHERE NOT EXISTS (SELECT 1 FROM "${name}_schema")`,
  ]
}
