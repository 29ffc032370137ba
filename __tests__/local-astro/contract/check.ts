import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { OperationId } from './generate.ts'

type Schema = {
  $ref?: string
  type?: string
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  discriminator?: { propertyName: string; mapping: Record<string, string> }
  enum?: unknown[]
  default?: unknown
  [keyword: string]: unknown
}
type Content = { content?: { 'application/json'?: { schema: Schema } } }
type Operation = {
  operationId: OperationId
  parameters?: { in: 'path' | 'query'; name: string; schema: Schema }[]
  requestBody?: Content & { required?: boolean }
  responses: Record<string, Content>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

export type FieldError = { field: string; code: string; message: string }
export type Query = Record<string, string | number | boolean | (string | number)[]>
export type MatchedOperation = { id: OperationId; params: Record<string, string>; operation: Operation }

const document = JSON.parse(readFileSync(new URL('astro-api.json', import.meta.url), 'utf8')) as Document

/** Answered although the document does not list them for each operation: refused bodies and rate limits. */
const undocumentedStatuses = new Set(['400', '429'])

/** The same schema, but an object takes only the properties that it names. */
function strict(schema: Schema): Schema {
  const inner: Schema = { ...schema }
  if (schema.items) inner.items = strict(schema.items)
  if (schema.properties) {
    inner.properties = Object.fromEntries(Object.entries(schema.properties).map(([k, v]) => [k, strict(v)]))
    inner.additionalProperties ??= false
  }
  // The discriminated kinds do not exclude each other as schemas; bodyErrors chooses among them by their type.
  if (schema.discriminator) return { type: 'object' }
  return inner
}

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: true })
addFormats.default(ajv)
const strictSchemas = Object.fromEntries(
  Object.entries(document.components.schemas).map(([name, schema]) => [name, strict(schema)]),
)
// The document lists no BUNDLE in answers, but a bundle deploy is answered all the same.
if (strictSchemas.Deploy?.properties) strictSchemas.Deploy.properties.type = { type: 'string' }
ajv.addSchema({ $id: 'astro', components: { schemas: strictSchemas } })

const compiled = new Map<string, ValidateFunction>()

function validatorOf(reference: string): ValidateFunction {
  const known = compiled.get(reference)
  if (known) return known
  const validate = ajv.compile({ $ref: `astro${reference}` })
  compiled.set(reference, validate)
  return validate
}

/** Makes every check ready, which else happens when it is needed first. */
export function compileContract(): void {
  for (const name of Object.keys(document.components.schemas)) validatorOf(`#/components/schemas/${name}`)
}

function fieldError(error: ErrorObject): FieldError {
  const params = error.params as { missingProperty?: string; additionalProperty?: string }
  const own = params.missingProperty ?? params.additionalProperty
  const path = error.instancePath.slice(1).split('/').filter(Boolean)
  const field = [...path, ...(own === undefined ? [] : [own])].join('.') || 'body'
  return { field, code: error.keyword, message: error.message ?? 'is not valid' }
}

function errorsOf(reference: string, value: unknown): FieldError[] {
  const validate = validatorOf(reference)
  return validate(value) ? [] : (validate.errors ?? []).map(fieldError)
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    segments: path.slice(1).split('/'),
    operation,
  })),
)

/** The operation that a method and a path (without the /v1 in front) name, or the methods that the path has. */
export function matchOperation(method: string, path: string): MatchedOperation | { allowed: string[] } {
  const given = path.slice(1).split('/')
  const allowed: string[] = []
  for (const { method: its, segments, operation } of operations) {
    if (segments.length !== given.length) continue
    const params: Record<string, string> = {}
    const fits = segments.every((segment, index) => {
      const value = given[index] ?? ''
      if (!segment.startsWith('{')) return segment === value
      params[segment.slice(1, -1)] = decodeURIComponent(value)
      return value !== ''
    })
    if (!fits) continue
    if (its === method) return { id: operation.operationId, params, operation }
    allowed.push(its)
  }
  return { allowed }
}

function parsedParameter(schema: Schema, text: string): string | number | boolean | undefined {
  if (schema.enum && !schema.enum.includes(text)) return undefined
  if (schema.type === 'integer') {
    const value = Number(text)
    const { minimum = -Infinity, maximum = Infinity } = schema as { minimum?: number; maximum?: number }
    return /^-?\d+$/.test(text) && value >= minimum && value <= maximum ? value : undefined
  }
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  return text
}

/** Query parameters in their types, with defaults; an array's values come as repeated names. */
export function readQuery(
  operation: Operation,
  query: URLSearchParams,
): { query: Query; errors: FieldError[] } {
  const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const result: Query = {}
  const errors: FieldError[] = []
  const refuse = (field: string, code: string, message: string): void =>
    void errors.push({ field, code, message })
  for (const { name, schema } of declared) {
    const texts = query.getAll(name)
    if (texts.length === 0) {
      if (schema.default !== undefined) result[name] = schema.default as number
      continue
    }
    const values = texts.map((text) => parsedParameter(schema.items ?? schema, text))
    if (values.includes(undefined)) refuse(name, 'invalid', 'is not a value of this parameter')
    else if (schema.type === 'array') result[name] = values as string[]
    else if (values.length > 1) refuse(name, 'repeated', 'takes one value')
    else result[name] = values[0] as string
  }
  for (const name of new Set(query.keys())) {
    if (!declared.some((parameter) => parameter.name === name)) refuse(name, 'unknown', 'is not a parameter')
  }
  return { query: result, errors }
}

/** What the contract says against a request body; `undefined` stands for no body at all. */
export function bodyErrors(operation: Operation, body: unknown): FieldError[] {
  const schema = operation.requestBody?.content?.['application/json']?.schema
  if (!schema) {
    return body === undefined ? [] : [{ field: 'body', code: 'unexpected', message: 'takes no body' }]
  }
  if (body === undefined) return [{ field: 'body', code: 'required', message: 'is required' }]
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return [{ field: 'body', code: 'type', message: 'must be an object' }]
  }
  const reference = schema.$ref ?? ''
  const { discriminator } = document.components.schemas[reference.split('/').at(-1) ?? ''] ?? {}
  if (!discriminator) return errorsOf(reference, body)
  const kind = (body as Record<string, unknown>)[discriminator.propertyName]
  const chosen = typeof kind === 'string' ? discriminator.mapping[kind] : undefined
  if (chosen === undefined) {
    const known = Object.keys(discriminator.mapping).join(', ')
    return [{ field: discriminator.propertyName, code: 'discriminator', message: `must be one of ${known}` }]
  }
  return errorsOf(chosen, body)
}

/** What the contract says against an answer; empty when it allows it. */
export function responseErrors(operation: Operation, status: number, body: unknown): FieldError[] {
  const range = `${String(status).charAt(0)}XX`
  const documented = operation.responses[String(status)] ?? operation.responses[range]
  if (!documented && !undocumentedStatuses.has(String(status))) {
    return [
      { field: 'status', code: 'undocumented', message: `${operation.operationId} never answers ${status}` },
    ]
  }
  if (status >= 400) return errorsOf('#/components/schemas/Error', body)
  const reference = documented?.content?.['application/json']?.schema.$ref
  if (reference !== undefined) return errorsOf(reference, body)
  return body === undefined ? [] : [{ field: 'body', code: 'unexpected', message: 'has no body' }]
}
