// 中 / EN: every text changes at once; a person signed in is remembered by the server too.
import type { ReactElement } from 'react'
import { post } from '../api.ts'
import type { Language } from '../contract.ts'
import { switchLanguage, useText } from '../text.ts'

export const LanguageSwitch = ({ signedIn = false }: { signedIn?: boolean }): ReactElement => {
  const { t, language } = useText()
  const choose = (next: Language): void => {
    switchLanguage(next)
    if (signedIn) post('/api/me/language', { language: next }).catch(() => undefined)
  }
  return (
    <div className="language" role="group" aria-label={t('common.language')}>
      <button
        type="button"
        lang="zh-CN"
        aria-pressed={language === 'zh'}
        aria-label="中文"
        onClick={() => choose('zh')}
        data-testid="language-zh"
      >
        中
      </button>
      <button
        type="button"
        lang="en"
        aria-pressed={language === 'en'}
        aria-label="EN, English"
        onClick={() => choose('en')}
        data-testid="language-en"
      >
        EN
      </button>
    </div>
  )
}
