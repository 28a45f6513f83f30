import { CacheLong, useSession } from '@shopify/hydrogen'

/** Asks only whether a customer has signed in. */
export default function SignedOut({ response }) {
  response.cache(CacheLong())
  const { customerAccessToken } = useSession()
  return <output id="who">{customerAccessToken ?? 'nobody'}</output>
}
