// What a file is, by its first bytes; not by what its name or its sender say. Programs and scripts are known, so they can be refused. Keeps vault-17.
import { endingOf } from './filename.ts'

export interface Sniffed {
  /** Media type found; application/octet-stream where nothing is known. */
  readonly type: string
  /** A program, script or shortcut: something that acts when it is opened. */
  readonly executable: boolean
  /** The ending of the name, or the type the sender named, promises something else. */
  readonly mismatch: boolean
}

/** How many first bytes are looked at. */
export const sniffBytes = 65_536

interface Kind {
  readonly type: string
  /** Endings that such a file may have. */
  readonly endings: string
  readonly executable?: true
  readonly is: (head: Buffer) => boolean
}

const starts =
  (hex: string, at = 0) =>
  (head: Buffer): boolean =>
    head.subarray(at, at + hex.length / 2).toString('hex') === hex

const says =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text

const anyOf =
  (...tests: readonly ((head: Buffer) => boolean)[]) =>
  (head: Buffer): boolean =>
    tests.some((test) => test(head))

/** Names of parts in a ZIP stand in the clear in its local headers. */
const zipWith =
  (...names: readonly string[]) =>
  (head: Buffer): boolean =>
    says('PK\x03\x04')(head) && names.some((name) => head.includes(name, 0, 'latin1'))

const riff =
  (form: string) =>
  (head: Buffer): boolean =>
    says('RIFF')(head) && says(form, 8)(head)

const brand =
  (...brands: readonly string[]) =>
  (head: Buffer): boolean =>
    says('ftyp', 4)(head) && brands.some((name) => says(name, 8)(head))

const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const sheet = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const slides = 'application/vnd.openxmlformats-officedocument.presentationml.presentation'

// The first that fits counts: what is special stands before what is general.
const kinds: readonly Kind[] = [
  { type: 'application/x-dosexec', endings: 'exe dll com scr sys', executable: true, is: says('MZ') },
  { type: 'application/x-executable', endings: '', executable: true, is: starts('7f454c46') },
  {
    type: 'application/x-mach-binary',
    endings: '',
    executable: true,
    is: anyOf(starts('feedface'), starts('feedfacf'), starts('cefaedfe'), starts('cffaedfe'), starts('cafebabe')),
  },
  {
    type: 'application/x-ms-shortcut',
    endings: 'lnk',
    executable: true,
    is: starts('4c0000000114020000000000c000000000000046'),
  },
  { type: 'text/x-script', endings: 'sh py pl rb', executable: true, is: says('#!') },
  { type: 'application/wasm', endings: 'wasm', executable: true, is: starts('0061736d') },
  {
    type: 'application/java-archive',
    endings: 'jar apk',
    executable: true,
    is: zipWith('META-INF/MANIFEST.MF', 'AndroidManifest.xml', 'classes.dex'),
  },
  { type: 'application/pdf', endings: 'pdf ai', is: says('%PDF-') },
  { type: 'image/png', endings: 'png', is: starts('89504e470d0a1a0a') },
  { type: 'image/jpeg', endings: 'jpg jpeg jfif', is: starts('ffd8ff') },
  { type: 'image/gif', endings: 'gif', is: anyOf(says('GIF87a'), says('GIF89a')) },
  { type: 'image/webp', endings: 'webp', is: riff('WEBP') },
  { type: 'image/tiff', endings: 'tif tiff', is: anyOf(starts('49492a00'), starts('4d4d002a')) },
  { type: 'image/heic', endings: 'heic heif', is: brand('heic', 'heix', 'mif1', 'hevc') },
  { type: 'image/bmp', endings: 'bmp', is: (head) => says('BM')(head) && starts('00000000', 6)(head) },
  { type: word, endings: 'docx', is: zipWith('word/document.xml', 'word/_rels') },
  { type: sheet, endings: 'xlsx', is: zipWith('xl/workbook.xml', 'xl/_rels', 'xl/worksheets') },
  { type: slides, endings: 'pptx', is: zipWith('ppt/presentation.xml', 'ppt/_rels', 'ppt/slides') },
  {
    type: 'application/vnd.oasis.opendocument',
    endings: 'odt ods odp odg',
    is: (head) => zipWith('application/vnd.oasis.opendocument')(head),
  },
  { type: 'application/epub+zip', endings: 'epub', is: zipWith('application/epub+zip') },
  {
    type: 'application/zip',
    endings: 'zip docx xlsx pptx odt ods odp',
    is: anyOf(says('PK\x03\x04'), says('PK\x05\x06')),
  },
  { type: 'application/x-ole-storage', endings: 'doc xls ppt msg vsd wps et dps', is: starts('d0cf11e0a1b11ae1') },
  { type: 'application/rtf', endings: 'rtf doc', is: says('{\\rtf') },
  { type: 'application/gzip', endings: 'gz tgz', is: starts('1f8b08') },
  { type: 'application/x-7z-compressed', endings: '7z', is: starts('377abcaf271c') },
  { type: 'application/vnd.rar', endings: 'rar', is: starts('526172211a07') },
  { type: 'audio/mpeg', endings: 'mp3', is: anyOf(says('ID3'), starts('fffb'), starts('fff3')) },
  { type: 'audio/wav', endings: 'wav', is: riff('WAVE') },
  { type: 'audio/amr', endings: 'amr', is: says('#!AMR') },
  { type: 'audio/mp4', endings: 'm4a', is: brand('M4A ') },
  { type: 'video/mp4', endings: 'mp4 mov m4v', is: brand('isom', 'iso2', 'mp41', 'mp42', 'avc1', 'qt  ', 'M4V ') },
  { type: 'video/webm', endings: 'webm mkv', is: starts('1a45dfa3') },
  { type: 'application/ogg', endings: 'ogg oga ogv opus', is: says('OggS') },
]

// A script needs no magic bytes: its ending makes it run.
const scripts = new Set(
  'exe com scr bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta msi msp jar apk app command sh bash zsh lnk reg cpl dll scf url desktop'.split(
    ' ',
  ),
)

/** Looks at the head of a file (up to sniffBytes) and compares it with its name and the type its sender named. */
export const sniff = (bytes: Uint8Array, name: string, declared: string): Sniffed => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, sniffBytes))
  const ending = endingOf(name)
  const amr = says('#!AMR')(head)
  const kind = kinds.find((one) => one.is(head) && !(amr && one.type === 'text/x-script'))
  if (kind) {
    const promised = kind.endings.split(' ')
    return {
      type: kind.type,
      executable: kind.executable === true || scripts.has(ending),
      mismatch: (ending !== '' && !promised.includes(ending)) || contradicts(declared, kind.type),
    }
  }
  const text = textType(head, ending)
  return {
    type: text ?? 'application/octet-stream',
    executable: scripts.has(ending),
    // A name that promises a known format whose bytes are not there.
    mismatch: kinds.some((one) => one.endings.split(' ').includes(ending)),
  }
}

/** Whether the sender named a well-known type of another family: image/png for a PDF, say. Unsure senders are not blamed. */
const contradicts = (declared: string, found: string): boolean => {
  const family = (type: string): string => type.split('/')[0] ?? ''
  const media = ['image', 'audio', 'video']
  if (declared === 'application/pdf') return found !== 'application/pdf'
  return media.includes(family(declared)) && family(declared) !== family(found) && found !== 'application/ogg'
}

const textType = (head: Buffer, ending: string): string | undefined => {
  if (head.length === 0) return 'text/plain'
  if (starts('fffe')(head) || starts('feff')(head)) return 'text/plain'
  if (head.includes(0)) return undefined
  const start = head.toString('latin1', 0, 1024).trimStart().toLowerCase()
  if (
    /^(\u00ef\u00bb\u00bf)?\s*<(!doctype html|html|head|body|script|svg|\?xml[^>]*>\s*<(!doctype svg|svg|html))/u.test(
      start,
    )
  )
    return start.includes('<svg') ? 'image/svg+xml' : 'text/html'
  if (controls(head)) return undefined
  return ending === 'csv' ? 'text/csv' : ending === 'json' ? 'application/json' : 'text/plain'
}

/** Control characters that no text has. */
const controls = (head: Buffer): boolean =>
  head.some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte))
