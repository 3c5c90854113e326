// What is wrong with sign-in, programs and their keys, mail and single sign-on. Keeps kernel-6.
export const people = {
  'there is no such role': '没有此角色',
  'no second factor was begun': '尚未开始设置动态口令',
  'there is no second factor to recover': '未启用双因素登录，没有可恢复的内容',
  'the code is not right; check the clock of the telephone': '动态口令不正确，请检查手机时间是否准确',
  'expected whole minutes from 1 to 60': '应为 1 至 60 的整分钟数',
  // keys of programs
  'expected a name to recognise the key by': '请填写便于识别的名称',
  'expected a day from tomorrow to {days} days ahead': '有效期应为 1 至 {days} 天',
  'expected at least one kind of record, each with read, write or export':
    '请至少选择一种记录，并为其选择读取、修改或导出',
  'expected read, write or export': '应为 read、write 或 export',
  'expected 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32': '应为 IP 地址或网段，如 192.0.2.7、10.0.0.0/8 或 2001:db8::/32',
  'no key is for {type}': '密钥不能用于{type}',
  'a key may only read {type}': '密钥对{type}只能读取',
  'a key is either for a user or for a service account': '密钥须属于一名用户或一个服务账号，二者择一',
  'expected users or groups': '请选择用户或组',
  'no authority for programs is configured (HOLDFAST_TLS_CLIENT_CA)':
    '尚未配置程序证书的签发机构（HOLDFAST_TLS_CLIENT_CA）',
  'expected a certificate (PEM)': '应为 PEM 格式的证书',
  'it was not issued by the authority for programs': '并非由程序证书的签发机构签发',
  'it has expired': '已过期',
  // mail
  'expected a host name': '应为主机名',
  'expected 1 to 65535': '应为 1 至 65535',
  'expected an e-mail address': '应为邮箱地址',
  'without TLS only a relay on this machine is spoken to': '不加密时只能使用本机的邮件中继',
  // single sign-on
  'expected what people see on the button': '请填写登录按钮上显示的名称',
  'expected the name of this installation at the provider': '请填写本系统在身份提供方的客户端 ID',
  'expected https://… without query or fragment': '应为 https://…，且不含查询参数或 #',
  'expected https://name or https://name:port': '应为 https://域名 或 https://域名:端口',
  'expected openid among them': '须包含 openid',
  'a privileged role is given by hand alone, never by a provider': '管理类角色只能手工授予，不能由身份提供方授予',
} as const
