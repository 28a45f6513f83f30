import { defineHandler } from 'nitro'

/** Asked for while the site is built, when there is no password yet. */
export default defineHandler(() => 'made by the build')
