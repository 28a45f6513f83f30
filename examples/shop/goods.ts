import { setTimeout } from 'node:timers/promises'
import type { Language } from './words/index.ts'

export type GoodsId = 'overcoat' | 'trench' | 'hat' | 'beret' | 'umbrella' | 'scarf' | 'gloves' | 'tag'

export interface Article {
  readonly id: GoodsId
  readonly cents: number
  readonly words: Readonly<Record<Language, { readonly name: string; readonly about: string }>>
}

export const goods: readonly Article[] = [
  {
    id: 'overcoat',
    cents: 28_900,
    words: {
      en: { name: 'Charcoal overcoat', about: 'Heavy wool, three buttons, pockets for cold hands.' },
      de: { name: 'Mantel, anthrazit', about: 'Schwere Wolle, drei Knöpfe, Taschen für kalte Hände.' },
      fr: { name: 'Pardessus anthracite', about: 'Laine épaisse, trois boutons, des poches pour les mains froides.' },
    },
  },
  {
    id: 'trench',
    cents: 24_500,
    words: {
      en: { name: 'Sand trench coat', about: 'Cotton gabardine with a belt. Knows the rain.' },
      de: { name: 'Trenchcoat, sand', about: 'Baumwoll\u00ADgabardine mit Gürtel. Kennt den Regen.' },
      fr: { name: 'Trench sable', about: 'Gabardine de coton, ceinturé. Il connaît la pluie.' },
    },
  },
  {
    id: 'hat',
    cents: 7_900,
    words: {
      en: { name: 'Felt hat', about: 'A wide brim and a ribbon. Doff it now and then.' },
      de: { name: 'Filzhut', about: 'Breite Krempe, Ripsband. Ab und zu lüften.' },
      fr: { name: 'Chapeau de feutre', about: 'Large bord et ruban. À soulever de temps en temps.' },
    },
  },
  {
    id: 'beret',
    cents: 3_900,
    words: {
      en: { name: 'Red beret', about: 'Soft wool that keeps its stem to itself.' },
      de: { name: 'Baskenmütze, rot', about: 'Weiche Wolle, mit Zipfelchen obenauf.' },
      fr: { name: 'Béret rouge', about: 'Laine souple, cabillou compris.' },
    },
  },
  {
    id: 'umbrella',
    cents: 4_500,
    words: {
      en: { name: 'Stick umbrella', about: 'Eight ribs, a beech handle, never left behind again.' },
      de: { name: 'Stockschirm', about: 'Acht Schienen, Griff aus Buche, nie mehr vergessen.' },
      fr: { name: 'Parapluie canne', about: 'Huit baleines, poignée en hêtre, plus jamais oublié.' },
    },
  },
  {
    id: 'scarf',
    cents: 5_200,
    words: {
      en: { name: 'Striped scarf', about: 'Merino, two metres, goes round twice.' },
      de: { name: 'Schal, gestreift', about: 'Merino, zwei Meter, reicht zweimal herum.' },
      fr: { name: 'Écharpe rayée', about: 'Mérinos, deux mètres, deux tours de cou.' },
    },
  },
  {
    id: 'gloves',
    cents: 6_400,
    words: {
      en: { name: 'Leather gloves', about: 'Sold as a pair. Please keep them that way.' },
      de: { name: 'Leder\u00ADhandschuhe', about: 'Gibt es nur als Paar. Bitte so lassen.' },
      fr: { name: 'Gants de cuir', about: 'Vendus par paire. Merci de les laisser ensemble.' },
    },
  },
  {
    id: 'tag',
    cents: 150,
    words: {
      en: { name: 'Brass tag', about: 'A number to hang a coat by. One never has enough.' },
      de: { name: 'Messingmarke', about: 'Eine Nummer für den Haken. Davon hat man nie genug.' },
      fr: { name: 'Jeton de laiton', about: 'Un numéro pour la patère. On n’en a jamais assez.' },
    },
  },
]

/** Has one put aside in the stock room, which takes a moment: requests that come at once are under way together. */
export async function putAside(_: Article): Promise<void> {
  await setTimeout(25)
}

export function articleOf(id: string | null | undefined): Article | undefined {
  return goods.find((article) => article.id === id)
}
