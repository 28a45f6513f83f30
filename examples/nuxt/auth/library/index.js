// As a library that is installed: Nitro leaves such a package out of what it bundles.
export { countVisit } from './visits.js'
