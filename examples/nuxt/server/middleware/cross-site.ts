import { crossSite } from 'coatcheck/csrf'

const guard = crossSite()

// What pages of other sites send in a visitor's name is answered 403.
export default defineEventHandler((event) => guard.middleware(event))
