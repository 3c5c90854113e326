// The one table of errors: code, HTTP status, and a sentence in two languages. Keeps kernel-5: no sentence holds a value of a person or a key.

interface Sentence {
  readonly status: number
  readonly en: string
  readonly zh: string
}

/** {name} in a sentence is filled from the details of the Fault: names of things, numbers and limits only. */
export const faults = {
  // wrong use
  'wrong-use': { status: 400, en: '{what}', zh: '用法错误：{what}' },
  'bad-input': { status: 400, en: '{what}', zh: '{what}' },
  'bad-value': { status: 422, en: 'field {field}: {what}', zh: '{field}：{what}' },
  'not-found': { status: 404, en: 'there is no such {what}, or you may not see it', zh: '{what}不存在，或您无权查看' },
  conflict: {
    status: 409,
    en: 'the {what} was changed by someone else meanwhile; reload and try again',
    zh: '{what}已被他人修改，请刷新后重试',
  },
  taken: { status: 409, en: 'the {what} already has an owner', zh: '{what}已有负责人' },
  'duties-apart': {
    status: 409,
    en: 'system, security and audit administration lie with different people: nobody may hold two of these roles',
    zh: '系统、安全、审计管理员须由不同人员担任，任何人不得兼任其中两个角色',
  },
  'administrator-gives': {
    status: 403,
    en: 'the role of administrator is given by administrators alone',
    zh: '管理员角色只能由管理员授予',
  },
  'administrators-way-in': {
    status: 403,
    en: 'how an administrator signs in is changed by administrators alone',
    zh: '管理员账号的登录方式只能由管理员更改',
  },
  'own-roles': {
    status: 403,
    en: 'nobody changes their own roles; ask another administrator',
    zh: '不能更改自己的角色，请由其他管理员操作',
  },
  'lent-too-long': {
    status: 422,
    en: 'longer than {days} days, the longest that is allowed',
    zh: '超过最长期限 {days} 天',
  },
  'deputy-overlap': {
    status: 409,
    en: 'there is another deputy in that time already; end that one first',
    zh: '该时段已有代理人，请先结束原有代理',
  },
  'deputy-circle': {
    status: 409,
    en: 'the deputies would stand in for each other in a circle: nobody would be there',
    zh: '代理关系形成循环，届时无人处理',
  },
  'lent-in-vain': {
    status: 422,
    en: 'a guard rail keeps this from that person, whatever is granted',
    zh: '安全底线禁止此人接触该内容，授权不会生效',
  },
  'catalogue-changed': {
    status: 409,
    en: 'the fields of this record type were changed a moment ago; try again',
    zh: '字段设置刚刚变更，请重试',
  },
  'catalogue-busy': {
    status: 409,
    en: 'other work is under way ({what}); change the fields when it has ended',
    zh: '{what}正在进行，请在其结束后再修改字段',
  },
  'already-exists': { status: 409, en: 'the {what} already exists', zh: '{what}已存在' },
  'too-large': { status: 413, en: '{what} is larger than the limit of {limit}', zh: '{what}超过上限（{limit}）' },
  'too-many-rows': {
    status: 422,
    en: 'more than {limit} records match; narrow the filter first',
    zh: '匹配的记录超过 {limit} 条，请先缩小筛选范围',
  },
  'search-memory-full': {
    status: 422,
    en: 'more than {limit} records: too many to be searched in memory; have the index kept in the database instead',
    zh: '记录超过 {limit} 条，无法使用内存检索，请改为在数据库中保存索引',
  },
  // identity
  'not-signed-in': { status: 401, en: 'sign in first', zh: '请先登录' },
  'sign-in-failed': { status: 401, en: 'e-mail, password or code is wrong', zh: '邮箱、密码或动态口令错误' },
  'code-needed': { status: 401, en: 'a code from the authenticator app is needed', zh: '需要输入动态口令' },
  'too-many-attempts': {
    status: 429,
    en: 'too many attempts; try again in {seconds} seconds',
    zh: '尝试次数过多，请在 {seconds} 秒后重试',
  },
  'password-change-needed': {
    status: 403,
    en: 'replace the one-time password first',
    zh: '请先修改一次性密码',
  },
  'confirm-needed': {
    status: 403,
    en: 'confirm that it is you: the last confirmation is older than {minutes} minutes',
    zh: '请再次验证身份：距上次验证已超过 {minutes} 分钟',
  },
  'second-factor-needed': {
    status: 403,
    en: 'your role needs a second factor; set one up first',
    zh: '您的角色必须启用双因素登录，请先完成设置',
  },
  'emergency-needs-factor': {
    status: 403,
    en: 'emergency access needs a second factor; set one up in your settings first',
    zh: '应急访问须启用双因素登录，请先在个人设置中完成设置',
  },
  'passkey-refused': {
    status: 422,
    en: 'this passkey was not accepted; try again, or use another way',
    zh: '该通行密钥未通过验证，请重试或改用其他方式',
  },
  'link-invalid': {
    status: 403,
    en: 'the link is not valid, was used, or has expired; ask for a new one',
    zh: '链接无效、已使用或已过期，请重新申请',
  },
  'mail-not-set': {
    status: 409,
    en: 'no mail server is set',
    zh: '尚未设置邮件服务器',
  },
  'mail-paused': {
    status: 409,
    en: 'mail is paused since this house was restored from a backup; set it in use again under sign-in & mail first',
    zh: '本系统由备份恢复而来，邮件已暂停，请先在“登录与邮件”页重新启用',
  },
  'mail-refused': {
    status: 422,
    en: 'the mail server did not take the letter: {what}',
    zh: '邮件服务器未接受邮件：{what}',
  },
  'passkey-host': {
    status: 409,
    en: 'passkeys need an address with a name; this installation is reached by a number',
    zh: '通行密钥要求使用域名访问，当前地址为 IP',
  },
  'weak-password': { status: 422, en: 'the password is too weak: {what}', zh: '密码强度不足：{what}' },
  'setup-link-invalid': {
    status: 403,
    en: 'the set-up link is not valid, was used, or has expired',
    zh: '初始化链接无效、已使用或已过期',
  },
  'already-set-up': { status: 409, en: 'this installation is already set up', zh: '系统已完成初始化' },
  'not-set-up': { status: 409, en: 'this installation is not set up yet', zh: '系统尚未初始化' },
  'csrf-refused': { status: 403, en: 'the request did not come from the page of this product', zh: '请求来源校验失败' },
  'sso-stale': {
    status: 403,
    en: 'this sign-in was not begun in this browser, took too long or was used already; begin again',
    zh: '本次登录并非由此浏览器发起、已超时或已使用，请重新登录',
  },
  'sso-failed': {
    status: 403,
    en: 'what {name} sent could not be verified; nobody was signed in',
    zh: '{name}返回的信息未通过验证，未能登录',
  },
  'sso-refused': { status: 403, en: 'the sign-in at {name} was refused', zh: '{name}拒绝了本次登录' },
  'sso-unreachable': {
    status: 503,
    en: '{name} does not answer; try again later or sign in another way',
    zh: '{name}无响应，请稍后重试或改用其他方式登录',
  },
  'sso-unverified': {
    status: 403,
    en: 'the provider did not confirm an e-mail address',
    zh: '身份提供方未确认您的邮箱地址',
  },
  'sso-domain': {
    status: 403,
    en: 'addresses of this domain may not sign in here',
    zh: '该邮箱域名不允许登录',
  },
  'sso-no-account': {
    status: 403,
    en: 'there is no active account for you here; ask an administrator',
    zh: '没有可用的账号，请联系管理员',
  },
  'sso-no-role': {
    status: 403,
    en: 'none of your groups has a role here; ask an administrator',
    zh: '您所在的组未分配角色，请联系管理员',
  },
  'sso-needed': { status: 403, en: 'sign in with {name}', zh: '请使用{name}登录' },
  'scim-refused': { status: 400, en: '{what}', zh: '{what}' },
  'scim-version': {
    status: 412,
    en: 'the resource was changed meanwhile; its version is another one',
    zh: '资源已被更改，版本不一致',
  },
  'sso-logout-refused': { status: 400, en: 'the logout token is not valid', zh: '登出令牌无效' },
  // access
  denied: { status: 403, en: 'you may not do {action} here', zh: '您没有权限执行此操作（{action}）' },
  'hidden-field': {
    status: 403,
    en: 'the field “{field}” is hidden from you, so you can neither filter nor sort by it',
    zh: '字段{field}对您不可见，不能用于筛选或排序',
  },
  'policy-not-signed': {
    status: 500,
    en: 'version {number} of the policies was not written by this house: its signature does not hold; restore the database from a backup',
    zh: '策略版本 {number} 的签名校验失败，并非由本系统写入，请从备份恢复数据库',
  },
  'unmask-limit': {
    status: 429,
    en: 'you have revealed {limit} values today, which is the most for one day; ask whoever is in charge of security if you need more',
    zh: '您今天已查看 {limit} 次明文，达到每日上限；如确有需要，请联系安全管理员',
  },
  'policy-second-person': {
    status: 409,
    en: 'a change of policies is approved by somebody else than who proposed it',
    zh: '策略变更须由提交人以外的人员批准',
  },
  'policy-lock-out': {
    status: 409,
    en: 'with these policies no two people would be left who could propose and approve a change; nothing was put in force',
    zh: '按此策略生效后，将不再有两名人员可以提交并批准策略变更，因此未予生效',
  },
  'role-held': {
    status: 409,
    en: 'role {role} is still held (people: {people}, API keys: {keys}, mapped groups: {mappings}, loans: {loans}); give these another role first',
    zh: '角色“{role}”仍在使用（人员 {people}、API 密钥 {keys}、用户组映射 {mappings}、临时授予 {loans}），请先将使用者改用其他角色',
  },
  'policy-approval-changed': {
    status: 409,
    en: 'what was approved is not what stands in the database by now: its signature does not hold; have the change proposed and approved anew',
    zh: '数据库中的变更与审批时的内容不一致（签名校验失败），请重新提交并审批',
  },
  'policy-approver-gone': {
    status: 409,
    en: 'whoever approved the change may not approve policies any more; have it approved anew',
    zh: '审批人已不再具有策略审批权限，请重新审批',
  },
  'policy-case-failed': {
    status: 422,
    en: 'the policies answer otherwise than their test cases expect: {what}',
    zh: '策略与其测试用例的预期不符：{what}',
  },
  'guard-rails-changed': {
    status: 500,
    en: 'the guard rails are not those that were shipped: their signature does not hold; install the product anew',
    zh: '底线策略与发布版本不符（签名校验失败），请重新安装本产品',
  },
  'policy-invalid': { status: 422, en: 'the policy is not valid: {what}', zh: '策略无效：{what}' },
  // encryption
  'cell-does-not-open': { status: 500, en: 'a sealed value does not open', zh: '密文无法解封' },
  'legacy-key-length': {
    status: 422,
    en: 'the old key does not fit {cipher}: it has {found} bytes instead of {expected}',
    zh: '原密钥与 {cipher} 不符：长度为 {found} 字节，应为 {expected} 字节',
  },
  'legacy-key-written': {
    status: 422,
    en: 'the old key is not written as {encoding}',
    zh: '原密钥不是 {encoding} 写法',
  },
  'decoder-stopped': {
    status: 422,
    en: 'the decoder of old ciphers stopped: {what}',
    zh: '旧算法解码进程已停止：{what}',
  },
  'suite-unknown': { status: 500, en: 'suite {suite} is unknown or refused', zh: '算法套件 {suite} 未知或被拒绝' },
  'keystore-missing': { status: 500, en: 'there is no keystore at {path}', zh: '在 {path} 找不到密钥库' },
  'keystore-locked': {
    status: 500,
    en: 'the keystore does not open: passphrase or file is wrong',
    zh: '密钥库无法打开：口令或文件错误',
  },
  'keystore-unsafe': {
    status: 500,
    en: '{path}, which holds keys, is open to others; its mode must be {mode}',
    zh: '{path} 存有密钥，他人可以访问，权限必须为 {mode}',
  },
  'keystore-foreign': {
    status: 500,
    en: 'the data was sealed under another root key ({fingerprint}), which this keystore does not hold',
    zh: '数据由另一根密钥（{fingerprint}）加密，当前密钥库中没有该密钥',
  },
  'share-mistyped': {
    status: 422,
    en: 'share {given}: block {block} is mistyped',
    zh: '第 {given} 份分片：第 {block} 组输入有误',
  },
  'share-not-one': {
    status: 422,
    en: 'number {given} is not a custody share: expected {expected} blocks of five characters, found {found}',
    zh: '第 {given} 份不是密钥分片：应为 {expected} 组（每组 5 个字符），实际 {found} 组',
  },
  'share-damaged': { status: 422, en: 'share {given} is damaged or false', zh: '第 {given} 份分片已损坏或系伪造' },
  'share-foreign': {
    status: 422,
    en: 'share {given} belongs to another root key or another set of shares (set {set})',
    zh: '第 {given} 份分片属于其他根密钥或其他批次（批次 {set}）',
  },
  'share-repeated': {
    status: 422,
    en: 'share {given} was given already: it is number {number} of its set once more',
    zh: '第 {given} 份分片重复：本批次第 {number} 份已提供过',
  },
  'shares-missing': {
    status: 409,
    en: 'the root key lies in custody shares: {needed} are needed, {good} good ones were given',
    zh: '根密钥由分片保管：需要 {needed} 份，目前提供了 {good} 份有效分片',
  },
  'root-changed': {
    status: 503,
    en: 'the root key was exchanged by another process; restart Holdfast to go on with the new one',
    zh: '根密钥已被其他进程更换，请重启守客以使用新的根密钥',
  },
  'provider-away': {
    status: 503,
    en: 'the key provider {provider} does not answer; nothing that needs it can be done now',
    zh: '密钥服务 {provider} 无响应，暂时无法执行需要它的操作',
  },
  'provider-refused': {
    status: 503,
    en: 'the key provider {provider} refused: {what}',
    zh: '密钥服务 {provider} 拒绝了请求：{what}',
  },
  'provider-expired': {
    status: 503,
    en: 'the key provider {provider} has not answered for {minutes} minutes, longer than keys may be kept in memory; data stays closed until it answers',
    zh: '密钥服务 {provider} 已 {minutes} 分钟无响应，超过密钥可在内存中保留的时间，恢复响应前数据保持封闭',
  },
  'token-missing': {
    status: 503,
    en: 'the token {token} or the key {key} in it is not there',
    zh: '找不到令牌 {token} 或其中的密钥 {key}',
  },
  'token-pin-wrong': {
    status: 503,
    en: 'the token {token} refuses the PIN; further wrong tries may lock it',
    zh: '令牌 {token} 拒绝该 PIN，继续输错可能会被锁定',
  },
  'token-pin-locked': {
    status: 503,
    en: 'the PIN of the token {token} is locked; its security officer must set a new one',
    zh: '令牌 {token} 的 PIN 已锁定，须由其安全管理员重置',
  },
  'recovery-mistyped': {
    status: 422,
    en: 'block {block} of the recovery sheet is mistyped',
    zh: '密钥恢复单第 {block} 组输入有误',
  },
  'key-destroyed': {
    status: 410,
    en: 'the key of this record was destroyed; its values cannot be opened',
    zh: '该记录的密钥已销毁，数据无法解封',
  },
  // erasure
  'legal-hold': {
    status: 409,
    en: 'a legal hold stands on this person; lift it before erasing',
    zh: '该个人信息处于法律保全中，解除后方可删除',
  },
  'already-erased': { status: 409, en: 'this person was erased already', zh: '该个人信息已删除' },
  'erasure-not-closed': {
    status: 409,
    en: 'the final step of erasures is not done; keys of before are left: {what}',
    zh: '删除收尾尚未完成，仍存在旧密钥：{what}',
  },
  'erasure-staff': {
    status: 422,
    en: 'users and teams are switched off, not erased',
    zh: '用户和部门只能停用，不能按个人信息删除',
  },
  'not-confirmed': {
    status: 422,
    en: 'the confirmation does not match; type the code that is shown',
    zh: '确认码不符，请按显示内容输入',
  },
  'certificate-invalid': {
    status: 422,
    en: 'this is no certificate of an erasure, or it was altered',
    zh: '这不是有效的删除证明，或内容已被改动',
  },
  'too-many-uploads': {
    status: 503,
    en: 'too many files are coming in at this moment; try again soon',
    zh: '当前上传的文件过多，请稍后再试',
  },
  'file-refused': {
    status: 422,
    en: 'programs and scripts are not taken as files: {what}',
    zh: '不接受程序或脚本类文件（{what}）',
  },
  'key-needed': {
    status: 409,
    en: 'key epoch {epoch} is still needed by: {what}',
    zh: '密钥纪元 {epoch} 仍被使用：{what}',
  },
  // store
  'port-in-use': { status: 500, en: 'port {port} is in use', zh: '端口 {port} 已被占用' },
  'data-newer': {
    status: 500,
    en: 'the data was written by a newer version (schema {found}, this program knows {known})',
    zh: '数据由更高版本写入（结构 {found}，本程序支持 {known}）',
  },
  'database-unreachable': { status: 503, en: 'the database cannot be reached: {what}', zh: '无法连接数据库：{what}' },
  'disk-full': { status: 507, en: 'the disk is full while writing {what}', zh: '写入{what}时磁盘已满' },
  'config-invalid': { status: 500, en: 'configuration {name}: {what}', zh: '配置 {name}：{what}' },
  'runtime-missing': {
    status: 500,
    en: 'the packaged {what} is not installed for this platform',
    zh: '当前平台未安装所需的 {what}',
  },
  // journal
  'journal-broken': { status: 500, en: 'the journal does not verify: {what}', zh: '审计日志校验失败：{what}' },
  // backup
  'backup-not-found': { status: 404, en: 'there is no backup {id} in this repository', zh: '备份库中没有备份 {id}' },
  'backup-none': { status: 404, en: 'there is no backup in this repository', zh: '备份库中没有备份' },
  'backup-no-parent': {
    status: 409,
    en: 'an incremental or differential backup needs a full backup before it',
    zh: '增量或差异备份需要先有全量备份',
  },
  'backup-other-shape': {
    status: 409,
    en: 'fields or tables were added since the last backup; make a full backup first',
    zh: '上次备份之后新增了字段或数据表，请先做一次全量备份',
  },
  'backup-damaged': { status: 500, en: 'the repository is damaged: {what}', zh: '备份库已损坏：{what}' },
  'backup-busy': {
    status: 409,
    en: 'another backup is being written to this repository',
    zh: '该备份库正有其他备份任务',
  },
  'backup-wrong-identity': {
    status: 403,
    en: 'the identity does not open this repository',
    zh: '该身份密钥无法打开此备份库',
  },
  'browse-busy': {
    status: 409,
    en: 'another backup is open for browsing; close it first, or wait until others have closed theirs',
    zh: '已有备份正在浏览，请先关闭，或等待他人关闭后再试',
  },
  'browse-opening': {
    status: 409,
    en: 'the backup is still being opened; try again when that is done',
    zh: '备份仍在打开，请在打开完成后重试',
  },
  'restore-not-empty': { status: 409, en: 'the data directory {path} is not empty', zh: '数据目录 {path} 不为空' },
  // jobs
  'job-open': {
    status: 409,
    en: 'a job of this kind is already under way; wait for its end or cancel it',
    zh: '已有同类任务在进行，请等待完成或先取消',
  },
  restoring: {
    status: 503,
    en: 'a backup is being brought back; try again when that is done',
    zh: '正在恢复备份，请在恢复完成后重试',
  },
  // capture
  'capture-full': {
    status: 503,
    en: 'this form takes no more entries at the moment; please try again later',
    zh: '此表单暂时无法接收更多内容，请稍后再试',
  },
  'job-failed': {
    status: 500,
    en: 'the job {kind} ended with {code}; started again it goes on where it stopped',
    zh: '任务 {kind} 因 {code} 中止，重新启动后将从中断处继续',
  },
  // exports
  'export-needs-approval': {
    status: 403,
    en: 'with these {rows} records your exports of today would exceed the limit of {limit}; ask for approval first',
    zh: '加上这 {rows} 条记录，您今天的导出将超过每日 {limit} 条的上限，请先申请审批',
  },
  'export-too-many': {
    status: 403,
    en: 'the policies do not allow an export of {rows} records at once; narrow the list down',
    zh: '策略不允许一次导出 {rows} 条记录，请缩小列表范围',
  },
  // import
  'file-unreadable': { status: 422, en: 'the file cannot be read: {what}', zh: '文件无法读取：{what}' },
  'encoding-unsure': {
    status: 422,
    en: 'the encoding of the file is not certain; choose one of {what}',
    zh: '无法确定文件编码，请从 {what} 中选择',
  },
  // the rest
  internal: { status: 500, en: 'something went wrong; the log names it {id}', zh: '系统内部错误，日志编号 {id}' },
} as const satisfies Record<string, Sentence>

export type FaultCode = keyof typeof faults
