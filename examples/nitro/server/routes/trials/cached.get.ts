import { useSession } from 'coatcheck/nitro/runtime'
import { defineCachedHandler } from 'nitro/cache'
import type { Shop } from '../../utils/settings.ts'

/** Kept for everybody: whoever asks first must not be seen in it. */
export default defineCachedHandler(
  async (event) => {
    const { data } = await useSession<Shop>(event)
    return { user: data.user ?? 'nobody', made: Math.random() }
  },
  { maxAge: 60 },
)
