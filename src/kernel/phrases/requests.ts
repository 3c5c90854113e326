// What is wrong with a request, an upload or something sent to other systems. Keeps kernel-6.
export const requests = {
  // requests
  'the request cannot be read': '请求无法读取',
  'the body is of a kind this route does not take; send application/json':
    '此接口不接受该类型的请求内容，请使用 application/json',
  'the body must be multipart/form-data': '请求内容须为 multipart/form-data',
  'the body is not JSON': '请求内容不是 JSON',
  'the body is empty': '请求内容为空',
  '{name} is an id': '{name} 应为编号（UUID）',
  '{name} is a whole number from {from} to {to}': '{name} 应为 {from} 至 {to} 的整数',
  'expected ids or until': '须提供 ids 或 until 之一',
  'until is a moment': 'until 应为时间',
  'expected a date or a moment, such as 2026-03-01 or 2026-03-01T08:00:00+08:00':
    '应为日期或时间，如 2026-03-01 或 2026-03-01T08:00:00+08:00',
  'the upload holds no file': '上传内容中没有文件',
  'the upload is not complete': '上传未完成',
  // web forms
  'expected up to 40 letters a–z, digits and hyphens': '应为至多 40 个小写字母、数字或连字符',
  'a text in both languages is needed': '请填写中英文两种文本',
  'a form cannot ask for this field': '表单不能收集此字段',
  'expected each field once': '字段不能重复',
  '{field} is needed for a lead': '线索必须收集“{field}”',
  'expected the id of a user': '请选择用户',
  'expected an origin such as https://www.example.com': '应为网站来源，如 https://www.example.com',
  'expected 0 to 60 seconds': '应为 0 至 60 秒',
  'epoch, suite and moment are those of the manifest': 'epoch、suite 和 at 应与清单一致',
  'at is not a time of ours': 'at 不是有效的时间',
  'sealed is not base64url': 'sealed 不是 base64url 写法',
  'sealed is not an envelope of that suite': 'sealed 不是该算法套件的密文',
  // webhooks
  'expected a name to recognise it by': '请填写便于识别的名称',
  'expected at least one kind of record': '请至少选择一种记录',
  'expected at least one event': '请至少选择一个事件',
  'at most {limit} webhooks': '订阅最多 {limit} 个',
  'expected https://…': '应为 https://…',
  'expected no name, password or # in it': '不能含有用户名、密码或 #',
  'this address is not public': '不是公网地址',
} as const
