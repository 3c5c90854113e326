// What the form itself says, in both languages; its own texts come with the manifest. Kept here, apart from the texts of the pages, because
// capture.js stands alone on pages of others. Keeps web-53.

export type Language = 'zh' | 'en'

export const words = {
  required: { zh: '必填', en: 'required' },
  choose: { zh: '请选择', en: 'Please choose' },
  sending: { zh: '正在加密并提交…', en: 'Encrypting and sending…' },
  sealed: {
    zh: '您填写的内容在本页加密后才会发送，只有接收方能解密。',
    en: 'What you write is encrypted on this page before it is sent; only the recipient can open it.',
  },
  loading: { zh: '正在载入…', en: 'Loading…' },
  unsupported: {
    zh: '此浏览器不支持所需的加密功能，内容不会以明文发送。请更新浏览器后重试。',
    en: 'This browser lacks the encryption this form needs, and nothing is sent unencrypted. Please update it and try again.',
  },
  'not-signed': {
    zh: '此表单的密钥未通过验证，为保护您的信息已停止。请联系网站管理员。',
    en: 'The key of this form could not be verified, so it was stopped to protect you. Please tell the owner of this site.',
  },
  expired: {
    zh: '此表单的密钥已过期。请检查设备的日期和时间，然后刷新页面。',
    en: 'The key of this form is out of date. Check the date and time of your device, then reload the page.',
  },
  away: { zh: '暂时无法连接，请稍后再试。', en: 'No connection at the moment. Please try again later.' },
  often: { zh: '提交过于频繁，请稍后再试。', en: 'Too many entries in a short time. Please try again later.' },
  large: { zh: '内容过长，请缩短后重试。', en: 'That is too long. Please shorten it and try again.' },
  refused: {
    zh: '表单未能提交，请刷新页面后重试。',
    en: 'The form was not taken. Please reload the page and try again.',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>
