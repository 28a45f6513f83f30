import { deviceBound } from 'coatcheck/device-bound'
import { base } from './utils/settings'

export default deviceBound({ path: `${base}/.coatcheck` })
