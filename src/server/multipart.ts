// Files in multipart requests: whole in memory where they are small, or as they flow. Keeps server-5, server-7, server-14.
import type {} from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { Fault, isFault, sizeOf } from '#kernel'
import type { StreamedUpload, Upload } from './route.ts'

/** The file and the fields of a request, in memory. */
export const readUpload = async (request: FastifyRequest, limit: number): Promise<Upload> => {
  const fields: Record<string, string> = {}
  let file: { name: string; bytes: Uint8Array } | undefined
  try {
    const limits = { fileSize: limit, files: 1, fields: 10, fieldSize: 1000, parts: 11, headerPairs: 50 }
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file') file = { name: part.filename.slice(0, 200), bytes: await part.toBuffer() }
      else if (typeof part.value === 'string') fields[part.fieldname] = part.value
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'FST_REQ_FILE_TOO_LARGE')
      throw new Fault('too-large', { what: 'the file', limit: sizeOf(limit) }, { cause: error })
    if (isFault(error)) throw error
    if ((error as { code?: unknown }).code === 'FST_INVALID_MULTIPART_CONTENT_TYPE') throw error
    throw new Fault('file-unreadable', { what: 'the upload is not complete' }, { cause: error })
  }
  if (!file) throw new Fault('bad-input', { what: 'the upload holds no file' })
  return { ...file, fields }
}

/** The first file as it flows. Whoever takes it reads it to its end or leaves it; both end the parsing. */
export const streamUpload = async (request: FastifyRequest, limit: number): Promise<StreamedUpload> => {
  const limits = { fileSize: limit + 1, files: 1, fields: 10, fieldSize: 1000, parts: 11, headerPairs: 50 }
  const parts = request.parts({ limits })
  const fields: Record<string, string> = {}
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
    const part = next.value
    if (part.type === 'file')
      return {
        name: part.filename.slice(0, 1000),
        declared: part.mimetype,
        fields,
        bytes: flowing(part.file, parts),
      }
    if (typeof part.value === 'string') fields[part.fieldname] = part.value
  }
  throw new Fault('bad-input', { what: 'the upload holds no file' })
}

async function* flowing(
  file: AsyncIterable<Uint8Array> & { readonly truncated?: boolean },
  parts: AsyncIterator<unknown>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* file
    // Only when the request has come to its end was the file really all of it.
    for (let next = await parts.next(); next.done !== true;) next = await parts.next()
  } catch (cause) {
    if (isFault(cause)) throw cause
    throw new Fault('file-unreadable', { what: 'the upload is not complete' }, { cause })
  }
}
