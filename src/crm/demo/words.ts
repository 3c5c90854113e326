// Words the demo data is made of: invented people and companies, in Chinese and in English.

const split = (text: string): readonly string[] => text.split(' ')

export const surnames = split(
  '王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 欧阳 司马 诸葛 上官',
)
export const givenNames = split(
  '伟 芳 娜 敏 静 秀英 丽 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 子涵 雨桐 浩然 梓萱 思远 嘉怡 俊熙 若曦 文博 晓东 海燕 建国 玉兰 志强 雪梅 一鸣 欣妍 天佑 诗琪 国栋 慧敏 立新 春华 家豪 佳宁 振宇 晓琳',
)
export const firstNames = split(
  'Anna Ben Clara Daniel Emma Felix Grace Henry Iris Jonas Karin Leo Maria Nils Olga Paul Quinn Rosa Simon Tara Uma Victor Wendy Xavier Yara Zoe Amir Bianca Carlos Delia Erik Farah Goran Hana Igor Jade Kofi Lena Mateo Nadia',
)
export const lastNames = split(
  'Abbott Bauer Castell Dorsey Ekman Fischer Grant Holm Ivers Jansen Keller Lindgren Moreau Novak Oduya Petersen Quist Rossi Schmidt Tanaka Ueda Varga Weber Yilmaz Zeller Brandt Costa Duval Egger Farkas',
)
export const jobTitles = split(
  '总经理 采购经理 技术总监 财务主管 行政主任 运营总监 项目经理 信息部主任 市场经理 生产厂长 总工程师 人事经理',
)
export const jobTitlesEn = [
  'Managing director',
  'Head of purchasing',
  'Chief engineer',
  'Finance manager',
  'Office manager',
  'Operations lead',
  'Project manager',
  'IT manager',
]
export const departments = split('总经办 采购部 技术部 财务部 行政部 运营部 信息部 市场部 生产部')

export const companyNames = split(
  '恒远 瑞丰 海川 明德 启航 金桥 东升 新远 华泽 天衡 博睿 嘉禾 盛源 凌云 正和 安泰 晨光 鼎新 宏图 佳信 联创 百川 众望 卓越 泰和 润泽 云帆 中硕 德润 立方 清源 和畅 飞鸿 万里 广聚 星辉 长风 锦程 同创 弘毅',
)
export const companyTrades: readonly (readonly [string, string])[] = [
  ['信息技术', '软件与信息'],
  ['医疗器械', '医疗健康'],
  ['食品', '食品饮料'],
  ['建筑工程', '建筑工程'],
  ['物流', '运输物流'],
  ['新能源', '能源环保'],
  ['精密机械', '机械制造'],
  ['教育科技', '教育培训'],
  ['贸易', '批发零售'],
  ['生物科技', '医疗健康'],
  ['电子', '电子制造'],
  ['文化传媒', '文化传媒'],
]
export const companyForms = split('有限公司 有限责任公司 股份有限公司 集团有限公司')
export const companyWordsEn = split(
  'Northfield Bluewater Cedarline Eastgate Fairview Granite Harbour Ironbridge Juniper Kestrel Larkspur Meridian Oakhurst Pinecrest Quarry Redwood Silverlake Tidewater Upland Westmark',
)
export const companyTradesEn: readonly (readonly [string, string])[] = [
  ['Software', 'Software'],
  ['Logistics', 'Logistics'],
  ['Foods', 'Food and beverages'],
  ['Medical', 'Health care'],
  ['Engineering', 'Engineering'],
  ['Energy', 'Energy'],
  ['Trading', 'Wholesale'],
  ['Textiles', 'Textiles'],
]
export const companyFormsEn = ['Ltd', 'Inc.', 'GmbH', 'AB', 'B.V.', 'LLC']

export const places: readonly (readonly [region: string, city: string])[] = [
  ['北京市', '北京'],
  ['上海市', '上海'],
  ['广东省', '广州'],
  ['广东省', '深圳'],
  ['广东省', '佛山'],
  ['浙江省', '杭州'],
  ['浙江省', '宁波'],
  ['江苏省', '南京'],
  ['江苏省', '苏州'],
  ['山东省', '青岛'],
  ['山东省', '济南'],
  ['四川省', '成都'],
  ['湖北省', '武汉'],
  ['湖南省', '长沙'],
  ['福建省', '厦门'],
  ['陕西省', '西安'],
  ['河南省', '郑州'],
  ['辽宁省', '大连'],
  ['重庆市', '重庆'],
  ['天津市', '天津'],
  ['安徽省', '合肥'],
]
export const placesEn: readonly (readonly [country: string, region: string, city: string])[] = [
  ['United States', 'Oregon', 'Portland'],
  ['United States', 'Texas', 'Austin'],
  ['Germany', 'Bavaria', 'Munich'],
  ['Germany', 'Hamburg', 'Hamburg'],
  ['Sweden', 'Skåne', 'Malmö'],
  ['France', 'Occitanie', 'Toulouse'],
  ['Netherlands', 'Utrecht', 'Utrecht'],
  ['Singapore', 'Singapore', 'Singapore'],
  ['Japan', '大阪府', '大阪'],
  ['Brazil', 'Paraná', 'Curitiba'],
]
export const streets = split('人民路 解放大道 科技园南路 建设街 滨江大道 长安街 中山路 和平路 学府路 工业园一路')

export const products = [
  '标准版年费',
  '企业版年费',
  '实施服务',
  '数据迁移',
  '定制开发',
  '培训服务',
  '硬件网关',
  '维保续约',
]
export const tags = ['重点', '政企', '展会', '需上门', '已签约', '长期合作', '价格敏感', '海外']

export const talks = [
  '电话沟通了使用需求，对方希望下周看演示',
  '上门拜访，了解了现有系统的情况',
  '发送了报价单，等待内部审批',
  '确认了合同条款，法务正在审核',
  '客户反馈预算推迟到下季度',
  '演示完成，技术部门比较满意',
  '回访，使用情况良好，有增购意向',
  '约定了现场调研的时间',
]
export const talksEn = [
  'Talked through what they need; a demonstration was asked for',
  'Visited the site and saw the present system',
  'Sent the quotation, waiting for approval',
  'Went through the contract, their lawyers are reading it',
  'The budget was moved to the next quarter',
  'Demonstration done, the engineers liked it',
]
export const chores = [
  '准备演示环境',
  '发送正式报价',
  '确认合同盖章',
  '安排上门拜访',
  '跟进回款',
  '整理需求文档',
  '邀请参加展会',
  '年度回访',
]
export const lostReasons = ['价格高于预算', '选择了其他供应商', '项目取消', '需求变化', '长期无回复']
