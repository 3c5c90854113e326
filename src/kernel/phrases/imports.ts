// What is wrong with files that are imported, with what is made of their columns, and with own fields. Keeps kernel-6.
export const imports = {
  // files
  'it has no heading': '没有表头',
  'it is empty': '文件为空',
  'its bytes are no text in any known encoding': '内容不是任何已知编码的文本',
  'some bytes are not {encoding}; choose another encoding': '部分内容不是 {encoding} 编码，请选择其他编码',
  'it is a ZIP archive or an Excel workbook (xlsx); save the sheet as CSV UTF-8 and import that':
    '这是 ZIP 压缩包或 Excel 工作簿（xlsx），请将工作表另存为 CSV UTF-8 后导入',
  'it is an empty ZIP archive': '这是空的 ZIP 压缩包',
  'it is an old Excel workbook (xls), perhaps with a password; save the sheet as CSV UTF-8 and import that':
    '这是旧版 Excel 工作簿（xls），可能设有密码，请将工作表另存为 CSV UTF-8 后导入',
  'it is a PDF document': '这是 PDF 文档',
  'it is compressed with gzip; unpack it first': '文件经 gzip 压缩，请先解压',
  'it is a picture': '这是图片',
  'UTF-32 is not supported; save it as CSV UTF-8': '不支持 UTF-32，请另存为 CSV UTF-8',
  'it does not exist or may not be read': '文件不存在或无权读取',
  // settings
  'the delimiter is a character such as , or ;': '分隔符应为一个字符，如 , 或 ;',
  'the encoding is one of {choices}': '编码应为下列之一：{choices}',
  'the type is one of {choices}': '记录类型应为下列之一：{choices}',
  'there is no field {name} to import to': '没有可导入的字段 {name}',
  'column {column} holds passwords or card data, which are never imported':
    '第 {column} 列含密码或银行卡数据，一律不导入',
  'no column is mapped to {field}, without which there is no {type}': '没有任何一列对应“{field}”，无法生成{type}',
  // old ciphers
  'a file of --legacy does not exist or may not be read': '--legacy 指定的文件不存在或无权读取',
  'the specification of old ciphers is not JSON': '旧算法说明不是 JSON',
  'the specification of old ciphers is an object': '旧算法说明应为对象',
  '{name} is an object': '{name} 应为对象',
  '{name} is one of {choices}': '{name} 应为下列之一：{choices}',
  'columns names no column': 'columns 未指定任何列',
  'column {column} is an object': '第 {column} 列的说明应为对象',
  'ecb takes no iv': 'ecb 模式不使用 iv',
  'cbc takes an iv': 'cbc 模式须提供 iv',
  'the iv of {cipher} has {bytes} bytes': '{cipher} 的 iv 应为 {bytes} 字节',
  'iv is none, zero, prefix, or an object with hex or column': 'iv 应为 none、zero、prefix，或含 hex 或 column 的对象',
  'a column of the specification is not in the file': '旧算法说明中的列不在文件中',
  'it answered too few rows': '返回的行数不足',
  'it did not start': '未能启动',
  'its process ended': '进程已退出',
  'it took too long': '超时',
  // own fields
  'expected a type of customer records': '请选择客户数据的记录类型',
  'expected a letter, then letters, digits or _, at most 40': '应以字母开头，只含字母、数字或 _，至多 40 个字符',
  'another field bears this name already': '已有同名字段',
  'there is no such kind of field': '没有此字段类型',
  'what is about persons is sealed, and a field of this kind cannot be': '个人信息须加密保存，而此类型的字段不能加密',
  'only sealed texts are found by their whole value': '只有加密的文本类字段可以按完整值检索',
  'only a choice has options': '只有选项类字段可以设置选项',
  'expected public, internal, personal or sensitive': '应为公开、内部、个人信息或敏感个人信息',
  'expected 1 to 200 options, each once': '应为 1 至 200 个选项，且不能重复',
  'an option has 1 to 64 characters': '每个选项应为 1 至 64 个字符',
} as const
