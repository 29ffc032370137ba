/** What an Astro token says of itself (section 1.3 of the control plane's contract). The signature is Astro's business. */
export type TokenClaims = {
  /** Undefined for a user token, which has no such claim. */
  readonly permissions: readonly string[] | undefined
  readonly expiresAt: Date | undefined
  readonly tokenId: string | undefined
  readonly organizationId: string | undefined
  readonly workspaceId: string | undefined
  readonly deploymentId: string | undefined
}

/** Reads a JWT's claims; undefined when the text is not a JWT. Unknown permissions are ignored. */
export function readClaims(token: string): TokenClaims | undefined {
  const [, encoded] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? []
  const payload = encoded === undefined ? undefined : parseObject(encoded)
  if (!payload) return undefined

  const permissions = Array.isArray(payload.permissions)
    ? payload.permissions.filter((entry) => typeof entry === 'string')
    : undefined
  const permitted = (kind: string): string | undefined =>
    permissions?.find((entry) => entry.startsWith(`${kind}:`))?.slice(kind.length + 1)

  return {
    permissions,
    expiresAt: typeof payload.exp === 'number' ? new Date(payload.exp * 1000) : undefined,
    tokenId: typeof payload.apiTokenId === 'string' ? payload.apiTokenId : undefined,
    organizationId: permitted('organizationId'),
    workspaceId: permitted('workspaceId'),
    deploymentId: permitted('deploymentId'),
  }
}

function parseObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
