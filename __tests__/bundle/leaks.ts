/** A secret, or what is left of it in some disguise, that was found where it must not be. The secret itself is not named. */
export type Leak = { readonly where: string; readonly form: string; readonly line: number }

type Needle = { readonly form: string; readonly text: string }

/** Shorter parts of a secret (a line of it, a part of a token) are words that turn up by themselves. */
const SHORTEST_PART = 12
/** Any piece of a secret that is a half longer than this holds one that is looked for. */
const PIECE = 24

/**
 * Looks for secrets in texts: as a whole, by their lines, the signature of a token by itself, and each of these in base64
 * (wherever it begins in the text that was encoded), base64url, hex and URL-encoded; and for pieces of them, as a secret that
 * was cut shows. Entities of HTML are read. Mask commands are passed over, for the runner takes them out of the log.
 *
 * @param texts by where they come from
 * @returns at most one leak for each secret in each text
 */
export function findLeaks(texts: Readonly<Record<string, string>>, secrets: Iterable<string>): Leak[] {
  const disguised = [...secrets].map(disguises)
  return Object.entries(texts).flatMap(([where, text]) => {
    const shown = withoutEntities(withoutMasks(text))
    return disguised.flatMap((needles) => {
      const found = needles.find((needle) => shown.includes(needle.text))
      if (!found) return []
      const line = shown.slice(0, shown.indexOf(found.text)).split('\n').length
      return [{ where, form: found.form, line }]
    })
  })
}

/** Empty lines in their place, so that line numbers stay. */
function withoutMasks(text: string): string {
  return text.replace(/^::add-mask::.*$/gm, '')
}

function withoutEntities(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function disguises(secret: string): Needle[] {
  const found = new Map<string, string>()
  for (const [part, text] of partsOf(secret)) {
    for (const [form, disguised] of formsOf(text)) {
      if (!found.has(disguised)) found.set(disguised, `${part}, ${form}`)
    }
  }
  for (const piece of piecesOf(secret)) if (!found.has(piece)) found.set(piece, 'a piece, plain')
  return [...found].map(([text, form]) => ({ form, text }))
}

/** The first part of a token says how it is signed, and is the same for all. */
function piecesOf(secret: string): string[] {
  const own = secret.replace(/^[\w-]+\.(?=[\w-]+\.[\w-]+$)/, '')
  const starts = Array.from({ length: Math.ceil(own.length / (PIECE / 2)) }, (_, n) => n * (PIECE / 2))
  return starts.map((start) => own.slice(start, start + PIECE)).filter((piece) => piece.length === PIECE)
}

function partsOf(secret: string): [string, string][] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_PART)
  const signature = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret)?.[1] ?? ''
  return [
    ['whole', secret],
    ...lines.map((line): [string, string] => ['a line', line]),
    ...(signature.length < SHORTEST_PART
      ? []
      : [['the signature of a token', signature] satisfies [string, string]]),
  ]
}

function formsOf(text: string): [string, string][] {
  const urlEncoded = encodeURIComponent(text)
  const base64 = [0, 1, 2].map((offset) => base64Inside(text, offset))
  return [
    ['plain', text],
    ['URL-encoded', urlEncoded],
    ['URL-encoded', urlEncoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ['URL-encoded twice', encodeURIComponent(urlEncoded)],
    ['form-encoded', new URLSearchParams({ '': text }).toString().slice(1)],
    ['in hex', Buffer.from(text).toString('hex')],
    ...base64.map((encoded): [string, string] => ['base64', encoded]),
    ...base64.map((encoded): [string, string] => [
      'base64url',
      encoded.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ]
}

/**
 * The characters that a text's base64 has for certain when it begins `offset` bytes into a group of three, whatever comes
 * before and after it.
 */
function base64Inside(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
  return bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6))
}
