import type { PlainAnswer } from './control-plane.ts'

const codes: Record<number, string> = {
  400: 'InvalidInput',
  403: 'AuthenticationFailed',
  404: 'BlobNotFound',
  409: 'BlobImmutableDueToPolicy',
  411: 'MissingContentLengthHeader',
  412: 'ConditionNotMet',
  413: 'RequestBodyTooLarge',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServerBusy',
}

/** An error in the blob store's own form: XML, and the code in a header too. */
export function storageError(status: number): PlainAnswer {
  const code = codes[status] ?? 'InternalError'
  const declaration = '<?xml version="1.0" encoding="utf-8"?>'
  return {
    status,
    body: `${declaration}<Error><Code>${code}</Code><Message>Answered ${status}.</Message></Error>`,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
  }
}
