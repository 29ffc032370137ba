import type { FieldError } from './contract/check.ts'

/** An answer of the control plane that is an error; the server gives it the request ID. */
export class ApiError extends Error {
  readonly status: number
  readonly fieldErrors: FieldError[] | undefined

  constructor(status: number, message: string, fieldErrors?: FieldError[]) {
    super(message)
    this.status = status
    this.fieldErrors = fieldErrors
  }
}

export function invalid(field: string, message: string, code = 'invalid'): ApiError {
  return new ApiError(400, 'Invalid request', [{ field, code, message }])
}

export function notFound(what: string): ApiError {
  return new ApiError(404, `${what} not found`)
}

export function forbidden(message = 'Forbidden'): ApiError {
  return new ApiError(403, message)
}
