// Columns that hold secrets or sensitive personal data, found by heading before anything is stored. Keeps crm-11.
import type { Label } from '#kernel'
import { foldHeading } from './fold.ts'

export type Sensitivity = 'never' | 'sealed'

const never =
  /^(?:password|passwd|pwd|passphrase|密码|登录密码|口令|cvv\d?|cvc\d?|cvn|安全码|信用卡安全码|pin|pincode|cardpin|cvvcode|securitycode|cardsecuritycode|passwordhash|userpassword|secretanswer|otpsecret)$/
const card = /^(?:ccnumber|creditcard|creditcardnumber|cardnumber|ccexpires|cctype|银行卡号|信用卡号|卡号)$/
const sealed =
  /^(?:身份证|身份证号|身份证号码|证件号码|nationalid|idnumber|ssn|socialsecuritynumber|护照号|passport|passportnumber|生日|出生日期|birthday|birthdate|dateofbirth|mothersmaiden|病史|健康状况|宗教|religion|民族|ethnicity)$/

/** Whether a column may be imported at all, and what to say about it. */
export const sensitivityOf = (heading: string): { readonly kind: Sensitivity; readonly warning: Label } | null => {
  const folded = foldHeading(heading)
  if (never.test(folded))
    return {
      kind: 'never',
      warning: { zh: '密码和卡片安全码绝不会被导入', en: 'passwords and card codes are never imported' },
    }
  if (card.test(folded))
    return { kind: 'never', warning: { zh: '银行卡数据不会被导入', en: 'data of payment cards is not imported' } }
  if (sealed.test(folded))
    return {
      kind: 'sealed',
      warning: {
        zh: '敏感个人信息：确有必要才导入，导入后加密封存',
        en: 'sensitive personal data: import it only where needed; it is sealed',
      },
    }
  return null
}
