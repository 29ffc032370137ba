/** What keeps this machine from a host until somebody changes something: no other attempt can do better. */
export type ObstacleCode =
  'ASTRO-NETWORK-CERTIFICATE' | 'ASTRO-NETWORK-PROXY-LOGIN' | 'ASTRO-NETWORK-PROXY-REFUSED'

/** Met while connecting, so nothing of the request has left this machine. Its message is what was observed. */
export class Obstacle extends Error {
  override readonly name = 'Obstacle'
  readonly code: ObstacleCode

  constructor(code: ObstacleCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

type Advice = { readonly code: ObstacleCode; readonly likelyCause: string; readonly fix: string }

const ADVICE: Readonly<Record<ObstacleCode, Omit<Advice, 'code'>>> = {
  'ASTRO-NETWORK-CERTIFICATE': {
    likelyCause:
      'A proxy or firewall of your network opens TLS and signs with a certificate authority (CA) of its own, which Node does not know; or the clock of this machine is wrong.',
    fix: "Give the job (not the step) `env: NODE_EXTRA_CA_CERTS: /path/to/ca.pem` with the CA's certificate, or `env: NODE_USE_SYSTEM_CA: 1` when the runner's system trusts it already.",
  },
  'ASTRO-NETWORK-PROXY-LOGIN': {
    likelyCause: 'The proxy wants a user name and password, and got none or wrong ones.',
    fix: 'Set `https_proxy` to http://USER:PASSWORD@HOST:PORT from secrets, in the `env:` of the job or of the runner; or add the host to `no_proxy`.',
  },
  'ASTRO-NETWORK-PROXY-REFUSED': {
    likelyCause: 'A rule of the proxy forbids this host.',
    fix: 'Have the host allowed on the proxy, or add it to `no_proxy` if this runner can reach it directly.',
  },
}

/** What to say of an obstacle by its code; undefined for any other code. */
export function adviceOn(code: string | undefined): Advice | undefined {
  return code !== undefined && code in ADVICE
    ? { code: code as ObstacleCode, ...ADVICE[code as ObstacleCode] }
    : undefined
}
