import { ActionError } from '../errors.ts'
import { adviceOn } from '../http/obstacle.ts'

/** What is known of a request to the blob store that did not succeed. Free of the URL, which is a secret. */
export type UploadFailure = {
  /** Absent when no answer came. */
  readonly status: number | undefined
  /** Azure's name for it: `x-ms-error-code`, or the system's for a connection that failed. */
  readonly code: string | undefined
  /** Azure's request ID. */
  readonly requestId: string | undefined
  readonly message: string
  /** As sent by the server. */
  readonly retryAfter: string | undefined
}

/** The part of the SDK's RestError that matters here. */
type RestErrorLike = Error & {
  statusCode?: number
  code?: string
  response?: { headers: { get(name: string): string | undefined } }
}

/** Reads an error of the SDK; undefined for errors that are not about a request. */
export function readFailure(thrown: unknown, url: URL): UploadFailure | undefined {
  if (!(thrown instanceof Error) || thrown.name !== 'RestError') return undefined
  const error = thrown as RestErrorLike
  const header = (name: string): string | undefined => error.response?.headers.get(name)
  const isPage = /^\s*<(?:!doctype|html)/i.test(error.message)
  const firstLine = isPage ? 'a web page' : (error.message.split('\n', 1)[0] ?? '')
  return {
    status: error.statusCode,
    code: header('x-ms-error-code') ?? error.code,
    requestId: header('x-ms-request-id'),
    message: url.search === '' ? firstLine : firstLine.replaceAll(url.search, ''),
    retryAfter: header('retry-after'),
  }
}

export function timedOut(ms: number): UploadFailure {
  return {
    status: undefined,
    code: undefined,
    requestId: undefined,
    message: `no answer within ${Math.round(ms / 1000)} s`,
    retryAfter: undefined,
  }
}

/** Content that was damaged on the way, and an answer that was. */
const TRANSIENT_CODES = new Set(['Md5Mismatch', 'PARSE_ERROR'])
const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504])

/** Every request of an upload may be repeated: blocks and block lists are set, not added to. */
export function isTransient(failure: UploadFailure): boolean {
  const { status, code } = failure
  if (adviceOn(code)) return false
  return status === undefined || TRANSIENT_STATUSES.has(status) || TRANSIENT_CODES.has(code ?? '')
}

export function describeFailure(failure: UploadFailure): string {
  const status = failure.status === undefined ? [] : [`HTTP ${failure.status}`]
  const code = failure.code === undefined ? [] : [failure.code]
  const message = failure.message === '' ? '' : `: ${failure.message}`
  const requestId = failure.requestId === undefined ? '' : ` (request ID ${failure.requestId})`
  return `${[...status, ...code].join(' ') || 'No answer'}${message}${requestId}`
}

/** The error for a failure that was not, or not successfully, repeated. */
export function uploadError(failure: UploadFailure, host: string): ActionError {
  const observed = `${host}: ${describeFailure(failure)}`
  if (failure.status === 403) {
    return new ActionError({
      code: 'ASTRO-UPLOAD-REFUSED',
      problem: 'The blob store did not accept the upload address that Astro gave for the DAG bundle.',
      observed,
      likelyCause:
        'The address has expired (it is short-lived, and the clock of this machine must be right), or a firewall rule of the storage account refuses this machine.',
      fix: 'Run the job again: every deploy gets a new address. If it happens again at once, ask for the network rules between this runner and the blob store.',
    })
  }
  if (failure.code === 'InvalidBlockList' || failure.code === 'InvalidBlobOrBlock') {
    return new ActionError({
      code: 'ASTRO-UPLOAD-INTERRUPTED',
      problem: 'The blob store lost parts of the DAG bundle before they were put together.',
      observed,
      likelyCause: 'Another deploy to the same Deployment uploaded its bundle at the same time.',
      fix: 'Give the jobs that deploy to one Deployment a common `concurrency` group, and run this one again.',
    })
  }
  if (failure.status === undefined) {
    const advice = adviceOn(failure.code) ?? {
      code: 'ASTRO-UPLOAD-UNREACHABLE',
      likelyCause: 'The network between this runner and the blob store, a proxy or a firewall.',
      fix: `Allow connections to ${host}, or set https_proxy and no_proxy as your network needs them, and run the job again.`,
    }
    return new ActionError({
      ...advice,
      problem: 'The DAG bundle could not be sent to the blob store.',
      observed,
    })
  }
  return new ActionError({
    code: 'ASTRO-UPLOAD-FAILED',
    problem: 'The blob store did not take the DAG bundle.',
    observed,
    likelyCause: 'A failure of the blob store, or a proxy that answers in its place.',
    fix: 'Run the job again. If it happens again, contact Astronomer support with the request ID.',
  })
}

export function versionMissing(host: string): ActionError {
  return new ActionError({
    code: 'ASTRO-UPLOAD-NO-VERSION',
    problem:
      'The blob store took the DAG bundle but did not say which version it became, so it cannot be deployed.',
    observed: `The answer of ${host} has no x-ms-version-id header.`,
    likelyCause:
      'A proxy on the way removes headers that it does not know, or versioning is off for the blob store.',
    fix: `Let the proxy pass the headers of ${host} unchanged, or add the host to no_proxy. Nothing was deployed.`,
  })
}

/** @param url undefined for what is no URL at all */
export function unusableUrl(url: URL | undefined): ActionError {
  return new ActionError({
    code: 'ASTRO-UPLOAD-URL',
    problem: 'Astro gave an upload address that cannot be used.',
    observed: url ? `It is a ${url.protocol.slice(0, -1)} address at ${url.host}.` : 'It is not a URL.',
    likelyCause:
      'Only https is accepted (plain http for this machine itself): the address carries a permission to write.',
    fix: 'Check the domain input. If it is right, contact Astronomer support.',
  })
}

export function nothingToSend(): ActionError {
  return new ActionError({
    code: 'ASTRO-UPLOAD-EMPTY',
    problem: 'There is nothing to upload: the DAG bundle has no content.',
    likelyCause:
      'A defect of this action. An empty bundle would remove every DAG of the Deployment, so it is not sent.',
    fix: 'Open an issue with the log of this run.',
  })
}
