import type { WireResponse } from './transport.ts'

const parsed = new WeakMap<WireResponse, unknown>()

/** What an answer's text holds as JSON; undefined when it is none. Each answer is parsed once. */
export function parseJson(response: WireResponse): unknown {
  if (!parsed.has(response)) parsed.set(response, parse(response.text))
  return parsed.get(response)
}

/** Whether an answer says that it is JSON. */
export function isJson(response: WireResponse): boolean {
  return /\bjson\b/i.test(response.headers['content-type'] ?? '')
}

/** Whether an answer is a web page, whatever it says that it is. */
export function isPage(response: WireResponse): boolean {
  return !isJson(response) && /<html|<!doctype/i.test(response.text.slice(0, 200))
}

/** Whatever a JSON object may hold. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
