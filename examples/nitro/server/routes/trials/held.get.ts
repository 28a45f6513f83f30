import { getSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'

/** What the session holds. */
export default defineHandler(async (event) => (await getSession(event)).data)
