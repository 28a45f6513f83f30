import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'

export type Words = Readonly<Record<keyof typeof en, string>>
export type Language = 'en' | 'de' | 'fr'

/** Each by its own name. */
export const languages: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch', fr: 'Français' }

export const words: Readonly<Record<Language, Words>> = { en, de, fr }

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(languages, value)
}

/** The first language of `Accept-Language` that the shop speaks. */
export function preferred(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', quality] = range.trim().split(/;\s*q=/i)
      return { language: tag.split('-')[0]?.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  for (const { language } of wanted) if (isLanguage(language)) return language
  return 'en'
}

/** `text` with its `{name}`s filled in. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
