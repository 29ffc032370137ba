/** The text of a Python file; or what is wrong with its bytes, and where; or why that cannot be said here. */
export type Source =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'not-python'; readonly problem: string; readonly line: number }
  | { readonly is: 'unknown'; readonly why: string }

const COOKIE = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/
const BLANK = /^[ \t\f]*(?:#.*)?$/
const UTF_8 = /^utf-?8(?:-sig|$|-)/
const LATIN_1 = /^(?:latin-?1|iso-?8859-1|iso-latin-1|l1|8859|cp819)$/

/** Reads bytes as Python does: UTF-8, unless a comment in the first two lines names another encoding (PEP 263). */
export function decodeSource(bytes: Buffer): Source {
  const cookie = readCookie(bytes)
  if (cookie === undefined || UTF_8.test(cookie)) return decodeUtf8(bytes)
  if (LATIN_1.test(cookie)) return { is: 'text', text: bytes.toString('latin1') }
  try {
    return { is: 'text', text: new TextDecoder(cookie, { fatal: true }).decode(bytes) }
  } catch {
    return { is: 'unknown', why: `its encoding is ${cookie}, which is not known here` }
  }
}

function readCookie(bytes: Buffer): string | undefined {
  const [first = '', second = ''] = bytes
    .toString('latin1', 0, 1024)
    .replace(/^\xef\xbb\xbf/, '')
    .split(/\r\n|\r|\n/)
  const found = COOKIE.exec(first) ?? (BLANK.test(first) ? COOKIE.exec(second) : null)
  return found?.[1]?.toLowerCase().replaceAll('_', '-')
}

function decodeUtf8(bytes: Buffer): Source {
  try {
    return { is: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    const good = validPrefix(bytes)
    return {
      is: 'not-python',
      problem: `byte 0x${(bytes[good] ?? 0).toString(16)} is not UTF-8, and no \`# -*- coding: … -*-\` in the first two lines names another encoding`,
      line: bytes.toString('latin1', 0, good).split(/\r\n|\r|\n/).length,
    }
  }
}

const REPLACEMENT = Buffer.from('\ufffd')

/** How many bytes come before the first one that is not UTF-8. */
function validPrefix(bytes: Buffer): number {
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let from = 0
  let lengthSoFar = 0
  for (let at = decoded.indexOf('\ufffd'); at !== -1; at = decoded.indexOf('\ufffd', at + 1)) {
    const before = Buffer.byteLength(decoded.slice(from, at))
    const offset = lengthSoFar + before
    if (!bytes.subarray(offset, offset + 3).equals(REPLACEMENT)) return offset
    lengthSoFar = offset + 3
    from = at + 1
  }
  return bytes.length
}
