import { crossSite } from 'coatcheck/csrf'
import { defineHandler } from 'nitro'

const guard = crossSite()

// What pages of other sites send in a visitor's name is answered 403.
export default defineHandler((event) => guard.middleware(event))
