const FOLDER = '.coatcheck'

/**
 * The password of a site in development: made with the first start, kept in a folder of the site that git ignores, readable by this user
 * only, and told of once.
 */
export function passwordIn(site: string, variable: string): string {
  const { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } = process.getBuiltinModule('node:fs')
  const file = `${site}/${FOLDER}/password`
  mkdirSync(`${site}/${FOLDER}`, { recursive: true })
  writeFileSync(`${site}/${FOLDER}/.gitignore`, '*\n')
  // Written whole under another name first, so that of two servers that start at once none reads half a password.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, Buffer.from(crypto.getRandomValues(new Uint8Array(33))).toString('base64url'), { mode: 0o600 })
  try {
    linkSync(draft, file)
    console.log(
      `coatcheck: made a password for development, kept in ${FOLDER}/password. Where the site is served, set ${variable}.`,
    )
  } catch (error) {
    if (Object(error).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return readFileSync(file, 'utf8')
}
