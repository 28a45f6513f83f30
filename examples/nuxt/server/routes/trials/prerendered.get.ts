/** Asked for while the site is built, when there is no password yet. */
export default defineEventHandler(() => 'made by the build')
