import type { HydrogenSession } from '@shopify/hydrogen'
import { AppSession as CoatcheckSession } from 'coatcheck/hydrogen'
import { memoryStore } from 'coatcheck/stores/memory'

const store = memoryStore()

export class AppSession extends CoatcheckSession implements HydrogenSession {
  static override async init(request: Request, secrets: string[]) {
    // biome-ignore lint/complexity/noThisInStatic: what is made is of this class
    return super.init(request, secrets, { store })
  }
  get userName(): string | undefined {
    return this.get('user')
  }
}
