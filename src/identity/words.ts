// Our own short list of what people type when a password is wanted: words, keyboard walks and product names. Keeps identity-1.

/** Lower case, letters only: compared after undoing the usual swaps (0 → o, @ → a …). At least four letters each. */
export const commonWords: readonly string[] = [
  ...'password passwort passphrase passcode pass word secret login logon signin access welcome letmein open enter'.split(
    ' ',
  ),
  ...'admin administrator root super superuser user guest test tester testing demo sample default changeme change'.split(
    ' ',
  ),
  ...'master system server office company business customer client sales seller manager director boss crm'.split(' '),
  ...'holdfast shouke kehu guanli guanliyuan xiaoshou gongsi mima denglu zhongguo beijing shanghai shenzhen'.split(' '),
  ...'guangzhou hangzhou woaini aini iloveyou loveyou love forever baobei laopo laogong xiexie nihao hello'.split(' '),
  ...'monkey dragon tiger football baseball basketball soccer hockey sunshine princess superman batman shadow'.split(
    ' ',
  ),
  ...'freedom whatever trustno starwars pokemon computer internet windows apple google huawei xiaomi tencent'.split(
    ' ',
  ),
  ...'alibaba weixin wechat qwert azerty qazwsx asdf zxcv abcd aaaa michael jennifer jordan thomas robert daniel'.split(
    ' ',
  ),
  ...'spring summer autumn winter january february march april june july august september october november'.split(' '),
  ...'december monday tuesday wednesday thursday friday saturday sunday london paris berlin america china'.split(' '),
].filter((word) => word.length >= 4)

/** Rows and columns of the keyboard and plain sequences; any four neighbours, either way round, are a walk. */
export const walks: readonly string[] = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  '`1234567890-=',
  '~!@#$%^&*()_+',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'azertyuiop',
  'qwertzuiop',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  '1q2w3e4r5t6y7u8i9o0p',
  'qazwsxedcrfvtgbyhnujmikolp',
]
