// Errors as application/problem+json (RFC 9457), in the language of the request; what is unexpected shows an id and nothing else. Keeps server-5.
import { Fault, type FaultCode, isFault, type Language, newId, type PlainPhrase } from '#kernel'
import type { Problem } from './contract.ts'
import { schemaSays, type SchemaError } from './schema-words.ts'

/** The Fault a caught error stands for. What nobody foresaw is logged under an id, without its message: that could hold values. */
export const faultOf = (error: unknown, log: (line: string) => void): Fault => {
  if (isFault(error)) {
    if (error.status >= 500) log(`${error.code}: ${error.message}${causeOf(error)}`)
    return error
  }
  const refused = frameworkFault(error)
  if (refused) return refused
  const logId = newId().slice(-12)
  log(`${logId} ${nameOf(error)}${causeOf(error)}\n${framesOf(error)}`)
  return new Fault('internal', { id: logId })
}

/** The body of the answer. */
export const problemOf = (fault: Fault, language: Language): Problem => {
  const { field } = fault.details
  return {
    type: `urn:holdfast:problem:${fault.code}`,
    title: titles[fault.status]?.[language] ?? titles[500]?.[language] ?? '',
    status: fault.status,
    detail: fault.in(language),
    code: fault.code,
    ...(typeof field === 'string' ? { field } : {}),
  }
}

const titles: Readonly<Record<number, { readonly zh: string; readonly en: string }>> = {
  400: { zh: '请求有误', en: 'bad request' },
  401: { zh: '未登录', en: 'not signed in' },
  403: { zh: '已拒绝', en: 'refused' },
  404: { zh: '不存在', en: 'not found' },
  409: { zh: '冲突', en: 'conflict' },
  410: { zh: '已不存在', en: 'gone' },
  412: { zh: '版本不一致', en: 'another version' },
  413: { zh: '过大', en: 'too large' },
  422: { zh: '内容无效', en: 'not valid' },
  429: { zh: '请求过多', en: 'too many requests' },
  500: { zh: '系统错误', en: 'internal error' },
  503: { zh: '暂不可用', en: 'unavailable' },
  507: { zh: '存储空间不足', en: 'no space left' },
}

interface FrameworkError {
  readonly statusCode?: unknown
  readonly code?: unknown
  readonly validation?: readonly SchemaError[]
  readonly validationContext?: string
}

/** What the framework itself refuses: bodies that are no JSON, too large, of another kind, or against the schema. */
const frameworkFault = (error: unknown): Fault | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const { statusCode, code, validation, validationContext } = error as FrameworkError
  const [first] = validation ?? []
  if (first) {
    return new Fault('bad-input', { what: schemaSays(validationContext ?? 'body', first) })
  }
  if (statusCode === 413 || code === 'FST_REQ_FILE_TOO_LARGE')
    return new Fault('too-large', { what: 'the request', limit: { zh: '以接口限制为准', en: 'its route' } })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new Fault('bad-input', { what: sentences[String(code)] ?? 'the request cannot be read' })
  }
  return undefined
}

const sentences: Readonly<Record<string, PlainPhrase>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the body is of a kind this route does not take; send application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'the body must be multipart/form-data',
}

const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}

const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? ` (cause: ${nameOf(error.cause)})` : ''

const framesOf = (error: unknown): string => {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n')
}

/** Codes that mean the session is over, so the cookie may go. */
export const endsSession = (code: FaultCode): boolean => code === 'not-signed-in'
