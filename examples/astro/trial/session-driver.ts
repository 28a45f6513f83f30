import { astroDriver } from 'coatcheck/astro/driver'
import { memoryStore } from 'coatcheck/stores/memory'

export default () => astroDriver({ store: memoryStore() })
