import { CacheLong } from '@shopify/hydrogen'

let made = 0

/** Is the same for everybody, and made once. */
export default function Public({ response }) {
  response.cache(CacheLong())
  return <output id="made">{++made}</output>
}
