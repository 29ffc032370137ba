/** What a tar header says about an entry. */
export type TarEntry = {
  /** With forward slashes. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Whole seconds are kept, which is what Python compares bytecode by. */
  readonly mtime: Date
} & ({ readonly kind: 'file'; readonly size: number } | { readonly kind: 'link'; readonly target: string })

export const TAR_BLOCK_BYTES = 512

const NAME = { at: 0, bytes: 100 }
const LINK_NAME = { at: 157, bytes: 100 }
const CHECKSUM = { at: 148, bytes: 8 }
/** The largest number that 11 octal digits hold: sizes up to 8 GiB, times up to the year 2242. */
const LARGEST_NUMBER = 8 ** 11 - 1

/**
 * The header of an entry in POSIX tar (ustar), owned by nobody in particular (IDs 0, no names): one block, or three when
 * something does not fit there and goes in an extended header (pax) before it. The content comes right after it, padded
 * to whole blocks.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const size = entry.kind === 'file' ? entry.size : 0
  const target = entry.kind === 'link' ? entry.target : ''
  const seconds = Math.floor(entry.mtime.getTime() / 1000)

  const extended = [
    ...(fitsText(entry.path, NAME.bytes) ? [] : [record('path', entry.path)]),
    ...(fitsText(target, LINK_NAME.bytes) ? [] : [record('linkpath', target)]),
    ...(fitsNumber(size) ? [] : [record('size', String(size))]),
    ...(fitsNumber(seconds) ? [] : [record('mtime', String(seconds))]),
  ]
  const type = entry.kind === 'file' ? '0' : '2'
  const header = block({ path: entry.path, mode: entry.mode, size, seconds, type, target })
  if (extended.length === 0) return header

  const records = Buffer.concat(extended)
  return Buffer.concat([
    block({ path: 'PaxHeader', mode: 0o644, size: records.length, seconds, type: 'x', target: '' }),
    records,
    Buffer.alloc(paddingAfter(records.length)),
    header,
  ])
}

/** Bytes of zeros after a content of `size` bytes. */
export function paddingAfter(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES
}

type Fields = {
  readonly path: string
  readonly mode: number
  readonly size: number
  readonly seconds: number
  readonly type: '0' | '2' | 'x'
  readonly target: string
}

function block(fields: Fields): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES)
  writeText(header, NAME, fields.path)
  header.write(octal(fields.mode, 7), 100, 'latin1')
  header.write(octal(0, 7), 108, 'latin1')
  header.write(octal(0, 7), 116, 'latin1')
  header.write(octal(fields.size, 11), 124, 'latin1')
  header.write(octal(fields.seconds, 11), 136, 'latin1')
  header.write(fields.type, 156, 'latin1')
  writeText(header, LINK_NAME, fields.target)
  header.write('ustar\x0000', 257, 'latin1')

  header.fill(' ', CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, CHECKSUM.at, 'latin1')
  return header
}

/** Only the start of what does not fit: readers take the extended header's text instead. */
function writeText(header: Buffer, field: { at: number; bytes: number }, text: string): void {
  header.write(text, field.at, field.bytes, 'utf8')
}

function octal(value: number, digits: number): string {
  return Math.min(Math.max(value, 0), LARGEST_NUMBER).toString(8).padStart(digits, '0')
}

/** Plain ASCII that fits in its field: everything else depends on how the reader decodes it. */
function fitsText(text: string, bytes: number): boolean {
  return text.length <= bytes && /^[\x20-\x7e]*$/.test(text)
}

function fitsNumber(value: number): boolean {
  return value >= 0 && value <= LARGEST_NUMBER
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record in bytes, its own digits included. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
