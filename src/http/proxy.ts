import { BlockList, isIP } from 'node:net'
import type { InputProblem } from '../inputs/values.ts'
import { isLoopback } from './secure.ts'

export type Proxy = {
  /** Whether the connection to the proxy itself is encrypted. */
  readonly isSecure: boolean
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** The value of the Proxy-Authorization header. */
  readonly authorization: string | undefined
}

/** The proxy that a request to this URL goes through; undefined for a direct connection. */
export type ProxyFor = (url: URL) => Proxy | undefined

export type ProxySettings = {
  readonly proxyFor: ProxyFor
  /** Credentials of proxies, to be hidden. */
  readonly secrets: readonly string[]
  /** Variables that cannot be used. They name the variable, never its value. */
  readonly problems: readonly InputProblem[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** By what is asked for, first come first; curl ignores HTTP_PROXY, which a web server may set from a request. */
const VARIABLES = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
} as const
const EXCEPTIONS = ['no_proxy', 'NO_PROXY']

/** Every variable by which some library would choose a proxy by rules of its own. */
export const PROXY_VARIABLES: readonly string[] = [
  ...new Set([...VARIABLES['https:'], ...VARIABLES['http:'], 'HTTP_PROXY', ...EXCEPTIONS]),
]

/**
 * Reads the proxies of the environment as curl reads them (its manual, "Environment" and "-x"): the scheme may be left out,
 * the port is then 1080 (443 for https), credentials are percent-decoded as far as they can be. The exceptions also take what
 * other programs do: `*.suffix`, ports, networks. Loopback is never proxied.
 */
export function readProxies(env: Environment): ProxySettings {
  const chosen = Object.values(VARIABLES).map((names) => firstSet(env, names))
  const read = chosen.map((variable) => variable && { ...variable, ...parseProxy(variable.value) })
  const problems = new Map(
    read.flatMap((one): [string, InputProblem][] =>
      one && 'problem' in one
        ? [[one.name, { code: 'ASTRO-INPUT-PROXY', input: one.name, problem: one.problem }]]
        : [],
    ),
  )
  const [secure, plain] = read.map((one) => (one && 'proxy' in one ? one : undefined))
  const isExcepted = readExceptions(firstSet(env, EXCEPTIONS)?.value ?? '')
  return {
    proxyFor: (url) =>
      isLoopback(url.hostname) || isExcepted(url)
        ? undefined
        : (url.protocol === 'https:' ? secure : plain)?.proxy,
    secrets: [secure, plain].flatMap((one) => one?.secrets ?? []),
    problems: [...problems.values()],
  }
}

function firstSet(
  env: Environment,
  names: readonly string[],
): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = env[name]?.trim()
    if (value !== undefined && value !== '') return { name, value }
  }
  return undefined
}

type ParsedProxy =
  { readonly proxy: Proxy; readonly secrets: readonly string[] } | { readonly problem: string }

const NO_ADDRESS =
  'it is not the address of a proxy, such as http://proxy.example:3128; write special characters of a user name or password percent-encoded'

function parseProxy(text: string): ParsedProxy {
  const [, scheme, authority = '', after = ''] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/is.exec(text) ?? []
  const isSecure = scheme?.toLowerCase() === 'https'
  if (!isSecure && scheme !== undefined && scheme.toLowerCase() !== 'http') {
    return { problem: 'only proxies that speak http or https can be used' }
  }
  const at = authority.lastIndexOf('@')
  const address = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}._~-]+)(?::(\d*))?$/iu.exec(authority.slice(at + 1))
  const [, host = '', portText = ''] = address ?? []
  // What follows the address means nothing, unless it is the rest of a password that was not encoded.
  const isPath = scheme !== undefined && after.startsWith('/') && !after.includes('@')
  const isWhole = after === '' || after === '/' || isPath
  if (!address || !isWhole || !URL.canParse(`http://${host}`)) return { problem: NO_ADDRESS }
  const port = portText === '' ? (isSecure ? 443 : 1080) : Number(portText)
  if (port < 1 || port > 65_535) return { problem: 'its port is not between 1 and 65535' }

  const plainHost = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  const given = authority.slice(0, Math.max(0, at))
  const [user = '', ...rest] = given.split(':')
  const password = rest.join(':')
  const pair = `${decoded(user)}:${decoded(password)}`
  return {
    proxy: {
      isSecure,
      host: plainHost,
      port,
      authorization: given === '' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`,
    },
    secrets: [given, pair, password, decoded(password)].filter((secret) => secret !== '' && secret !== ':'),
  }
}

/** Percent-decoded; a sign that begins no code stands for itself. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) =>
    Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

/** Whether a URL is reached without a proxy, by a list of hosts. What cannot be understood excepts nothing, as for curl. */
function readExceptions(list: string): (url: URL) => boolean {
  const exceptions = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => readException(entry.toLowerCase()))
  return (url) => {
    const host = bare(url.hostname)
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
    return exceptions.some((matches) => matches(host, port))
  }
}

type Exception = (host: string, port: string) => boolean

function readException(entry: string): Exception {
  const [, bracketed, hostPart, portPart] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  // An IPv6 address without brackets has no port.
  const name = bracketed ?? hostPart ?? entry
  const isHost =
    name === '*' ? () => true : isNetwork(name) ? within(name) : below(bare(name.replace(/^\*?\./, '')))
  return (host, port) => (portPart === undefined || portPart === port) && isHost(host)
}

const isNetwork = (name: string): boolean => name.includes('/') || isIP(name) !== 0

/** An address or a network (`10.0.0.0/8`): it excepts hosts that are written as an address of it. */
function within(network: string): (host: string) => boolean {
  const [address = '', prefix] = network.replace(/[[\]]/g, '').split('/')
  const list = new BlockList()
  try {
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : NaN, family)
  } catch {
    return () => false
  }
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host))
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** A domain and all names below it. */
const below =
  (domain: string) =>
  (host: string): boolean =>
    domain !== '' && isIP(host) === 0 && (host === domain || host.endsWith(`.${domain}`))

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
