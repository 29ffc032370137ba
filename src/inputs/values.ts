import { isAbsolute, posix, sep } from 'node:path'
import type { ErrorCode } from '../errors.ts'
import { quote } from '../errors.ts'

export type InputProblem = { readonly code: ErrorCode; readonly input: string; readonly problem: string }

/** A value that was read, or a sentence that says why it could not be. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** Strict YAML 1.2 booleans in any case. */
export function parseBoolean(text: string): Parsed<boolean> {
  const word = text.toLowerCase()
  if (word === 'true' || word === 'false') return { value: word === 'true' }
  return { problem: `${quote(text)} is not a boolean; use true or false` }
}

/** A JSON object. */
export function parseJsonObject(text: string): Parsed<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { value: value as Readonly<Record<string, unknown>> }
    }
  } catch {
    return { problem: 'it is not JSON; write an object such as {"date": "2026-01-31"}' }
  }
  return { problem: 'it is JSON but not an object; write one such as {"date": "2026-01-31"}' }
}

/** Of descriptions and of the names of Deployments, by Astro's specification. */
const LONGEST_TEXT = 500

/** A text that Astro takes; undefined for an empty one. */
export function parseText(text: string): Parsed<string | undefined> {
  const length = Array.from(text).length
  return length > LONGEST_TEXT
    ? { problem: `it has ${length} characters; Astro takes at most ${LONGEST_TEXT}` }
    : { value: text || undefined }
}

/** An ID of something on Astro; undefined for an empty text. */
export function parseId(text: string): Parsed<string | undefined> {
  if (text === '') return { value: undefined }
  return /^[\w-]{1,100}$/.test(text)
    ? { value: text }
    : { problem: `${quote(text)} is not an ID such as clabc0123` }
}

/** One of the given words, exactly. */
export function parseChoice<T extends string>(text: string, choices: readonly T[]): Parsed<T> {
  const choice = choices.find((candidate) => candidate === text)
  return choice === undefined
    ? { problem: `${quote(text)} is not one of ${choices.join(', ')}` }
    : { value: choice }
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }
const LONGEST_DURATION_MS = 24 * 3_600_000

/** `90s`, `5m`, `1h`, `1h30m`, or a bare number of seconds, in milliseconds; at most a day. */
export function parseDuration(text: string): Parsed<number> {
  const problem = `${quote(text)} is not a duration such as 90s, 5m, 1h or 300 (seconds)`
  if (/^\d{1,9}$/.test(text)) return withinDay(Number(text) * 1000)
  if (!/^(?:\d{1,6}[hms])+$/.test(text)) return { problem }
  const parts = [...text.matchAll(/(\d+)([hms])/g)]
  return withinDay(
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0),
  )

  function withinDay(ms: number): Parsed<number> {
    if (ms === 0) return { problem: `${quote(text)} is no time at all` }
    return ms > LONGEST_DURATION_MS ? { problem: `${quote(text)} is longer than a day` } : { value: ms }
  }
}

/** Of Linux, in bytes; other systems differ, but none takes much more. */
const LONGEST_PATH = 4096

/**
 * A folder or file relative to some root, normalised to forward slashes without leading or trailing ones: `./a`, `a/` and
 * `/a` all mean `a`, and the root itself is the empty string. Leaving the root is a problem.
 */
export function parseRelativePath(text: string): Parsed<string> {
  if (text.includes('\0')) return { problem: 'a path cannot hold a null character' }
  if (text.length > LONGEST_PATH) {
    return { problem: `it has ${text.length} characters; a path has at most ${LONGEST_PATH}` }
  }
  const slashed = sep === '\\' ? text.replaceAll('\\', '/') : text
  if (/^[a-z]:/i.test(slashed) && isAbsolute(text)) {
    return { problem: `${quote(text)} is absolute; give a path relative to the workspace` }
  }
  const normal = posix.normalize(slashed.replace(/^\/+/, '')).replace(/\/+$/, '')
  if (normal === '..' || normal.startsWith('../')) return { problem: `${quote(text)} leaves the workspace` }
  return { value: normal === '.' ? '' : normal }
}

/** A list of globs, one a line or separated by commas outside of braces; empty items are dropped. */
export function parseGlobs(text: string): readonly string[] {
  return text
    .split(/\n|,(?![^{\n]*\})/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
