import { type Article, type GoodsId, goods } from './goods.ts'

/** How many of each; what is not in the cart is not in here. */
export type Cart = Readonly<Partial<Record<GoodsId, number>>>

/** More than anybody wants, so that a cart stays small. */
export const MOST = 9999

/** The cart with exactly `quantity` of an article. */
export function withQuantity(cart: Cart, id: GoodsId, quantity: number): Cart {
  const { [id]: _, ...others } = cart
  return quantity > 0 ? { ...others, [id]: Math.min(quantity, MOST) } : others
}

export function withOneMore(cart: Cart, id: GoodsId): Cart {
  return withQuantity(cart, id, (cart[id] ?? 0) + 1)
}

export interface Line {
  readonly article: Article
  readonly quantity: number
  readonly cents: number
}

/** In the order of the shop. */
export function linesOf(cart: Cart): readonly Line[] {
  return goods.flatMap((article) => {
    const quantity = cart[article.id] ?? 0
    return quantity > 0 ? [{ article, quantity, cents: quantity * article.cents }] : []
  })
}

export function countOf(cart: Cart): number {
  return linesOf(cart).reduce((sum, { quantity }) => sum + quantity, 0)
}
