// What is wrong with keys, key providers, shares, rotation and how sealed values are found. Keeps kernel-6.
export const keys = {
  'the passphrase is empty': '口令为空',
  'a recovery sheet has {expected} blocks of five characters, found {found}':
    '密钥恢复单应为 {expected} 组（每组 5 个字符），实际 {found} 组',
  'name the subject': '请指定数据主体',
  'name the profile': '请指定算法模式',
  'key epoch {epoch} is in use; rotate it first': '密钥纪元 {epoch} 仍在使用，请先轮换',
  'the root key lies in custody shares: new shares go to their holders by command, keys rotate root':
    '根密钥由分片保管，新的分片须通过命令 keys rotate root 交给各持有人',
  'the root key lives with a key provider: rotate it there, or move it with keys provider move':
    '根密钥由密钥服务保管，请在密钥服务中轮换，或用命令 keys provider move 迁出',
  // old keys
  'expected another person than the one who destroyed it': '见证人不能与销毁人相同',
  'expected a day up to today, as 2026-01-31': '应为不晚于今天的日期，如 2026-01-31',
  // finding
  'a search policy is an object': '检索设置应为对象',
  'storage is database or memory': 'storage 应为 database 或 memory',
  'fields are an object': 'fields 应为对象',
  'field {field}: modes are a list': '{field}：modes 应为列表',
  'field {field} cannot be found at all': '“{field}”不能用于检索',
  'field {field} can be found by {modes}': '“{field}”只能按{modes}检索',
  'field {field}: partitions are 1, 2, 4, 8 or 16': '“{field}”：分区数应为 1、2、4、8 或 16',
  'the e-mail of users must be found exactly: they sign in with it': '用户以邮箱登录，因此邮箱必须可按完整值检索',
  // providers
  'it answered {status}': '返回状态码 {status}',
  'its certificate is not trusted': '其证书不受信任',
  'nothing here can reach it': '此处没有可连接它的配置',
  'it does not give back what it was given': '解封结果与原文不符',
  'the token may not use this key (403)': '令牌无权使用此密钥（403）',
  'there is no such engine or key (404)': '没有此引擎或密钥（404）',
  'the AppRole may not sign in ({status})': 'AppRole 无权登录（{status}）',
} as const
