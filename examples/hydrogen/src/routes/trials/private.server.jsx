import { CacheLong, useSession } from '@shopify/hydrogen'

/** Says that every cache may keep it, and shows who looks. */
export default function Private({ response }) {
  response.cache(CacheLong())
  const { user = 'nobody' } = useSession()
  response.cache(CacheLong())
  return <output id="who">{user}</output>
}
