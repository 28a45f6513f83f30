import { SessionError } from '../../errors.ts'

/** A table of an application on Architect, by its name in app.arc; through the application's own @architect/functions. */
export async function arcTable(name: string): Promise<unknown> {
  // Kept from bundlers: only applications on Architect have it.
  const library = ['@architect', 'functions'].join('/')
  const { default: arc } = await import(/* @vite-ignore */ library)
  const tables: Record<string, unknown> = await arc.tables()
  if (tables[name]) return tables[name]
  throw new SessionError('BAD_OPTIONS', `The option \`table\` names ${JSON.stringify(name)}, which app.arc does not have.`, {
    fix: 'Name it as in app.arc, or pass the table itself.',
  })
}
