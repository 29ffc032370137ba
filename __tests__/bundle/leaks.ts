/** A secret, or what is left of it in some disguise, that was found where it must not be. The secret itself is not named. */
export type Leak = { readonly where: string; readonly form: string; readonly line: number }

type Needle = { readonly form: string; readonly text: string }

/** Shorter parts of a secret (a line of it, a part of a token) are words that turn up by themselves. */
const SHORTEST_PART = 12

/**
 * Looks for secrets in texts: as a whole, by their lines, the signature of a token by itself, and each of these in base64
 * (wherever it begins in the text that was encoded), base64url, hex and URL-encoded. Mask commands are passed over, for
 * the runner takes them out of the log.
 *
 * @param texts by where they come from
 */
export function findLeaks(texts: Readonly<Record<string, string>>, secrets: Iterable<string>): Leak[] {
  const needles = [...secrets].flatMap(disguises)
  return Object.entries(texts).flatMap(([where, text]) => {
    const shown = withoutMasks(text)
    return needles.flatMap(({ form, text: needle }) => {
      const at = shown.indexOf(needle)
      return at < 0 ? [] : [{ where, form, line: shown.slice(0, at).split('\n').length }]
    })
  })
}

/** Empty lines in their place, so that line numbers stay. */
function withoutMasks(text: string): string {
  return text.replace(/^::add-mask::.*$/gm, '')
}

function disguises(secret: string): Needle[] {
  const found = new Map<string, string>()
  for (const [part, text] of partsOf(secret)) {
    for (const [form, disguised] of formsOf(text)) {
      if (!found.has(disguised)) found.set(disguised, `${part}, ${form}`)
    }
  }
  return [...found].map(([text, form]) => ({ form, text }))
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
