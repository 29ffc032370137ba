/** The one place that knows what must not be seen. */
export type Secrets = {
  /**
   * Hides a value from now on: in the runner's log (by its mask command) and in everything `redact` passes; one of less than
   * SHORTEST_MASKED characters in the latter only, and only where it stands by itself.
   */
  readonly hide: (value: string) => void
  /** The text with every hidden value replaced by `***`. */
  readonly redact: (text: string) => string
}

/**
 * What is shorter (characters) is in every text: masked, it would make `***` of half the log, and the runner would hand no
 * output of the job on that holds it. It is redacted where it stands by itself, and the runner is not told.
 */
export const SHORTEST_MASKED = 4

/**
 * @param mask tells the runner to mask a value; it is called for the value, each of its lines, and the forms in which it
 *   travels (base64, URL-encoded, JSON), because the runner's mask matches text literally.
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  const hidden = new Set<string>()
  let longestFirst: (string | RegExp)[] = []

  return {
    hide(value) {
      const before = hidden.size
      for (const form of formsOf(value)) {
        if (hidden.has(form)) continue
        hidden.add(form)
        if (form.length >= SHORTEST_MASKED) mask(form)
      }
      if (hidden.size === before) return
      longestFirst = [...hidden].sort((a, b) => b.length - a.length).map(patternOf)
    },
    redact(text) {
      return longestFirst.reduce<string>((redacted, form) => redacted.replaceAll(form, '***'), text)
    },
  }
}

/** The text itself, or, when it is a short one, no part of a word or number. */
function patternOf(form: string): string | RegExp {
  if (form.length >= SHORTEST_MASKED) return form
  return new RegExp(`(?<![\\p{L}\\p{N}_])${RegExp.escape(form)}(?![\\p{L}\\p{N}_])`, 'gu')
}

/**
 * Lines of a few characters are left out when the value has more than one: masking every `}` or `foo` of a multi-line
 * secret would make the log unreadable and hide nothing.
 */
function formsOf(value: string): string[] {
  const whole = value.trim()
  if (whole === '') return []
  const lines = whole
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_MASKED)
  const plain = new Set([value, whole, ...lines].filter((text) => text !== ''))
  const travelling = [...plain].flatMap((text) => [
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
    JSON.stringify(text).slice(1, -1),
  ])
  return [...plain, ...travelling]
}
