// The header that names a file which is downloaded: RFC 6266 with the name in RFC 8187, and a plain name for old programs. Keeps server-14.

/** Always attachment: nothing that was uploaded is ever shown in a page of this server. */
export const disposition = (name: string): string => {
  const plain = name.replaceAll(/[^\w.-]/g, '_')
  const header = `attachment; filename="${plain}"`
  return plain === name ? header : `${header}; filename*=UTF-8''${encoded(name)}`
}

// RFC 8187 3.2.1 attr-char: encodeURIComponent leaves ! ' ( ) * as they are, of which only ! is allowed.
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
