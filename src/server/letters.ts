// What letters say, in both languages: nothing of anybody but the reader, and no more of the reader than a name. Keeps server-176.

type Words = Readonly<Record<string, string>>
type Text = (of: Words) => { readonly subject: string; readonly lines: readonly string[] }

/** One letter, as plain text. */
export const letterText = (
  kind: string,
  language: 'zh' | 'en',
  of: Words,
): { readonly subject: string; readonly text: string } => {
  const { subject, lines } = (letters[kind] ?? letters['test'] ?? other)[language](of)
  return { subject, text: `${lines.join('\n\n')}\n` }
}

const foot = {
  zh: '此邮件由系统自动发出，请勿回复。',
  en: 'This letter was sent by the system; answers are not read.',
}

const letters: Readonly<Record<string, Readonly<Record<'zh' | 'en', Text>>>> = {
  invite: {
    zh: ({ organisation = '', name = '', link = '' }) => ({
      subject: `${organisation}：请启用您的守客账号`,
      lines: [
        `${name}，您好：`,
        `管理员已在「${organisation}」的守客系统中为您开通账号。请在三天内打开以下链接设置密码（链接只能使用一次）：`,
        link,
        '如非本人预期，请忽略此邮件。',
        foot.zh,
      ],
    }),
    en: ({ organisation = '', name = '', link = '' }) => ({
      subject: `${organisation}: your Holdfast account`,
      lines: [
        `Hello ${name},`,
        `an account at ${organisation} was made for you. Choose your password within three days; the link works once:`,
        link,
        'If you did not expect this, do nothing.',
        foot.en,
      ],
    }),
  },
  reset: {
    zh: ({ name = '', link = '' }) => ({
      subject: '守客：重置密码',
      lines: [
        `${name}，您好：`,
        '有人申请重置您的密码。如是您本人，请在 30 分钟内打开以下链接设置新密码（链接只能使用一次）：',
        link,
        '如非本人操作，请忽略此邮件，您的密码不会改变。',
        foot.zh,
      ],
    }),
    en: ({ name = '', link = '' }) => ({
      subject: 'Holdfast: a new password',
      lines: [
        `Hello ${name},`,
        'somebody asked for a new password for you. If that was you, choose one within 30 minutes; the link works once:',
        link,
        'If it was not you, do nothing: your password stays as it is.',
        foot.en,
      ],
    }),
  },
  notice: {
    zh: ({ name = '', what = '', at = '' }) => ({
      subject: `守客安全提醒：${notices[what]?.zh ?? what}`,
      lines: [
        `${name}，您好：`,
        `您的账号于 ${at} 发生以下变化：${notices[what]?.zh ?? what}。`,
        '如非本人操作，请立即修改密码并联系管理员。',
        foot.zh,
      ],
    }),
    en: ({ name = '', what = '', at = '' }) => ({
      subject: `Holdfast: ${notices[what]?.en ?? what}`,
      lines: [
        `Hello ${name},`,
        `on ${at} this happened to your account: ${notices[what]?.en ?? what}.`,
        'If that was not you, change your password at once and tell your administrator.',
        foot.en,
      ],
    }),
  },
  recertify: {
    zh: ({ organisation = '', name = '', stage = '', count = '', due = '', link = '' }) => ({
      subject: `${organisation}：${{ soon: `权限复核将于 ${due} 到期`, overdue: '权限复核已超期' }[stage] ?? '权限复核已开始'}，${count} 项待您处理`,
      lines: [
        `${name}，您好：`,
        `${{ soon: '权限复核即将到期', overdue: '权限复核已超期' }[stage] ?? '新一轮权限复核已开始'}，其中 ${count} 项须由您确认保留或收回，截止日期为 ${due}。`,
        '请登录后在「待我审批」中逐项处理：',
        link,
        foot.zh,
      ],
    }),
    en: ({ organisation = '', name = '', stage = '', count = '', due = '', link = '' }) => ({
      subject: `${organisation}: ${count === '1' ? 'one right waits' : `${count} rights wait`} for your decision${{ soon: ` until ${due}`, overdue: ', overdue' }[stage] ?? ''}`,
      lines: [
        `Hello ${name},`,
        `${{ soon: 'the recertification of rights is due soon', overdue: 'the recertification of rights is overdue' }[stage] ?? 'a recertification of rights has begun'}. You decide on ${count} of them, whether it is kept or taken back; the last day is ${due}.`,
        'Sign in and decide in your inbox:',
        link,
        foot.en,
      ],
    }),
  },
  emergency: {
    zh: ({ organisation = '', name = '', at = '', minutes = '', link = '' }) => ({
      subject: `${organisation}：有人启用了紧急访问`,
      lines: [
        `${name}，您好：`,
        `有人于 ${at} 启用了紧急访问，时限 ${minutes} 分钟。如认为不应继续，可立即终止；结束后请复核其是否正当：`,
        link,
        foot.zh,
      ],
    }),
    en: ({ organisation = '', name = '', at = '', minutes = '', link = '' }) => ({
      subject: `${organisation}: emergency access was opened`,
      lines: [
        `Hello ${name},`,
        `somebody opened records in an emergency at ${at}, for ${minutes === '1' ? 'one minute' : `${minutes} minutes`}. You can end it at once; when it is over, say whether it was justified:`,
        link,
        foot.en,
      ],
    }),
  },
  test: {
    zh: ({ organisation = '' }) => ({
      subject: '守客：邮件测试',
      lines: [`这是「${organisation}」守客系统发出的测试邮件，收到即表示邮件设置正确。`, foot.zh],
    }),
    en: ({ organisation = '' }) => ({
      subject: 'Holdfast: a test',
      lines: [`This is a test from Holdfast at ${organisation}. The mail settings work.`, foot.en],
    }),
  },
}

const other: Readonly<Record<'zh' | 'en', Text>> = {
  zh: () => ({ subject: '守客', lines: [foot.zh] }),
  en: () => ({ subject: 'Holdfast', lines: [foot.en] }),
}

/** What a notice tells of. */
export const notices: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  'new-device': { zh: '在新的设备或网络登录', en: 'a sign-in from a new device or network' },
  password: { zh: '密码已修改', en: 'the password was changed' },
  'factor-added': { zh: '添加了新的登录方式', en: 'a second factor or passkey was added' },
  'factor-removed': { zh: '移除了一种登录方式', en: 'a second factor or passkey was removed' },
  'recovery-code': { zh: '使用了恢复码', en: 'a recovery code was used' },
}
