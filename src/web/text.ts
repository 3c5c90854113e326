// The texts on screen: i18next over the two message files, and the language of this browser.
import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import en from '../kernel/text/en.json'
import zh from '../kernel/text/zh.json'
import type { Both, Language } from './contract.ts'

const kept = 'holdfast.language'

/** What this browser was told before, or what it speaks. */
export const firstLanguage = (): Language => {
  const stored = localStorage.getItem(kept)
  if (stored === 'zh' || stored === 'en') return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

const tell = (language: Language): void => {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export const startText = async (): Promise<void> => {
  const language = firstLanguage()
  tell(language)
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false, prefix: '{', suffix: '}' },
    returnNull: false,
  })
}

export const currentLanguage = (): Language => (i18next.language === 'zh' ? 'zh' : 'en')

/** Switches every text at once, and remembers it in this browser. */
export const switchLanguage = (language: Language): void => {
  localStorage.setItem(kept, language)
  tell(language)
  void i18next.changeLanguage(language)
}

export interface Text {
  readonly t: (key: string, values?: Readonly<Record<string, string | number>>) => string
  /** A text of the catalogue or of a report in the language on screen. */
  readonly both: (label: Both) => string
  /** The same inside a sentence: English nouns begin small there. */
  readonly noun: (label: Both) => string
  readonly language: Language
}

/** A text by a key built at run time, or the fallback where there is none. */
export const textOr = (key: string, fallback: string): string => (i18next.exists(key) ? i18next.t(key) : fallback)

/** What an act of the journal is called; an act on a field group goes by its verb. */
export const actText = (act: string): string =>
  textOr(`act.${act.replaceAll('.', '-')}`, textOr(`act.${act.split('.')[0] ?? act}`, act))

/** Why a job failed. */
export const failureText = (code: string): string => textOr(`jobFailure.${code}`, code)

/** A purpose in a person's own words, or one that the product gives where the act is its own reason. */
export const purposeText = (purpose: string): string =>
  textOr(`journal.ownPurpose.${purpose.replaceAll(' ', '-')}`, purpose)

/** English has a form for one of a thing (`…_one`); a number that was written out is known by it too. */
const singular = (values: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> =>
  values['count'] === '1' ? { ...values, count: 1 } : values

export const useText = (): Text => {
  const { t, i18n } = useTranslation()
  const language: Language = i18n.language === 'zh' ? 'zh' : 'en'
  return {
    t: (key, values) => (values ? t(key, singular(values)) : t(key)),
    both: (label) => label[language],
    noun: (label) => (language === 'en' ? label.en.toLowerCase() : label.zh),
    language,
  }
}
