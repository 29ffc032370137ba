/** A repository on a server such as GitHub. */
export type Repository = { readonly serverUrl: string; readonly owner: string; readonly name: string }

const WEB = new Set(['http:', 'https:'])
const SHELL = new Set(['ssh:', 'git+ssh:', 'ssh+git:', 'git:'])
const PLAIN_PATH = /^[\w.~@%+-]+(?:\/[\w.~@%+-]+)+$/

/**
 * The repository that a remote of a clone names, without the credentials that may be in it; undefined when it names none on a
 * server, as a path does.
 *
 * @param ownServer the server that the workflow runs for, which a host of the SSH configuration may stand for
 */
export function readRemote(remote: string, ownServer: string): Repository | undefined {
  const place = placeOf(remote.trim())
  if (!place) return undefined
  const path = place.path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  if (!PLAIN_PATH.test(path)) return undefined
  const cut = path.lastIndexOf('/')
  return {
    serverUrl: serverOf(place, ownServer),
    owner: path.slice(0, cut),
    name: path.slice(cut + 1),
  }
}

/** Whether two are the same; hosts, owners and names do not tell upper from lower case. */
export function isSameRepository(one: Repository, other: Repository): boolean {
  return addressOf(one) === addressOf(other)
}

function addressOf({ serverUrl, owner, name }: Repository): string {
  const host = URL.canParse(serverUrl) ? new URL(serverUrl).host : serverUrl
  return `${host}/${owner}/${name}`.toLowerCase()
}

type Place = { readonly host: string; readonly path: string; readonly web: string | undefined }

function placeOf(remote: string): Place | undefined {
  if (remote.includes('://')) {
    if (!URL.canParse(remote)) return undefined
    const { protocol, host, hostname, pathname } = new URL(remote)
    if (WEB.has(protocol)) return { host, path: pathname, web: protocol }
    return SHELL.has(protocol) ? { host: hostname, path: pathname, web: undefined } : undefined
  }
  // A single letter before the colon is a drive of Windows.
  const [, host, path] = /^(?:[^@/\\]+@)?([^:/\\@]{2,}):(.+)$/.exec(remote) ?? []
  return host === undefined || path === undefined ? undefined : { host, path, web: undefined }
}

/** SSH may know a server by other names: one of its own for keys, an alias for each, or another host for the port of HTTPS. */
function serverOf({ host, web }: Place, ownServer: string): string {
  const own = URL.canParse(ownServer) ? new URL(ownServer).host.toLowerCase() : ''
  const named = host.toLowerCase().replace(/^(?:www|ssh)\.(?=github\.com$)/, '')
  const isAlias = web === undefined && (!named.includes('.') || named.startsWith(own))
  return named === own || isAlias ? ownServer : `${web ?? 'https:'}//${named}`
}
