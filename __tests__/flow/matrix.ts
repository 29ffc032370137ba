import type { Fault, FaultRule, Step } from '../local-astro/start.ts'

/** The requests of a deploy with a key pair to Astro, in their order; `poll` is the Deployment while it is waited for. */
export const ASTRO_STEPS = [
  'auth-config',
  'token',
  'organizations',
  'list-deployments',
  'deployment',
  'list-deploys',
  'create-deploy',
  'upload',
  'finalize',
  'get-deploy',
  'poll',
] as const
/** Those to Airflow: from before the deploy on, and after it. */
const AIRFLOW_STEPS = ['baseline', 'verification'] as const
export const STEPS = [...ASTRO_STEPS, ...AIRFLOW_STEPS] as const
export type AstroStep = (typeof ASTRO_STEPS)[number]
export type FlowStep = (typeof STEPS)[number]

/** The step as the local Astro knows it. */
const PLACES: Partial<Record<FlowStep, Pick<FaultRule, 'step' | 'afterStep'>>> = {
  poll: { step: 'deployment', afterStep: 'finalize' },
  baseline: { step: 'airflow' },
  verification: { step: 'airflow', afterStep: 'finalize' },
}

const status = (code: number): Fault => ({ fault: 'status', status: code })

/** Every fault of the local Astro, by its name here. */
export const FAULTS = {
  '400': status(400),
  '401': status(401),
  '403': status(403),
  '404': status(404),
  '409': status(409),
  '429 with Retry-After': { fault: 'tooManyRequests', retryAfter: 2 },
  '500': status(500),
  '502': status(502),
  '503': status(503),
  'a web page with 502': { fault: 'html', status: 502 },
  'a web page with 200': { fault: 'html', status: 200 },
  reset: { fault: 'reset' },
  'reset after effect': { fault: 'resetAfterEffect' },
  hang: { fault: 'hang' },
  'hang after effect': { fault: 'hangAfterEffect' },
  slow: { fault: 'slow', ms: 30 },
  'truncated answer': { fault: 'truncated', how: 'length' },
  'truncated JSON': { fault: 'truncated', how: 'json' },
} as const satisfies Record<string, Fault>
export type FaultName = keyof typeof FAULTS

/** How a fault looks to a client. */
type Look = 'refusal' | 'unauthorized' | 'limit' | 'outage' | 'page' | 'lost before' | 'lost after' | 'none'

const LOOKS: Record<FaultName, Look> = {
  '400': 'refusal',
  '401': 'unauthorized',
  '403': 'refusal',
  '404': 'refusal',
  '409': 'refusal',
  '429 with Retry-After': 'limit',
  '500': 'outage',
  '502': 'outage',
  '503': 'outage',
  'a web page with 502': 'outage',
  'a web page with 200': 'page',
  reset: 'lost before',
  hang: 'lost before',
  'reset after effect': 'lost after',
  'hang after effect': 'lost after',
  'truncated answer': 'lost after',
  'truncated JSON': 'lost after',
  slow: 'none',
}

const API_CODES: Record<FaultName, string> = {
  '400': 'ASTRO-API-REFUSED',
  '401': 'ASTRO-API-UNAUTHORIZED',
  '403': 'ASTRO-API-FORBIDDEN',
  '404': 'ASTRO-API-NOT-FOUND',
  '409': 'ASTRO-API-CONFLICT',
  '429 with Retry-After': 'ASTRO-API-RATE-LIMIT',
  '500': 'ASTRO-API-UNAVAILABLE',
  '502': 'ASTRO-API-UNAVAILABLE',
  '503': 'ASTRO-API-UNAVAILABLE',
  'a web page with 502': 'ASTRO-API-UNAVAILABLE',
  'a web page with 200': 'ASTRO-API-ANSWER',
  reset: 'ASTRO-API-UNREACHABLE',
  hang: 'ASTRO-API-UNREACHABLE',
  'reset after effect': 'ASTRO-API-UNREACHABLE',
  'hang after effect': 'ASTRO-API-UNREACHABLE',
  'truncated answer': 'ASTRO-API-UNREACHABLE',
  'truncated JSON': 'ASTRO-API-UNREACHABLE',
  slow: 'live',
}

export const OFTEN = ['once', 'for ever'] as const

export type FaultCase = {
  readonly step: FlowStep
  readonly name: FaultName
  readonly often: (typeof OFTEN)[number]
}

/** The case as a rule of the local Astro. */
export function ruleOf({ step, name, often }: FaultCase): FaultRule {
  const fault: Fault = FAULTS[name]
  const place = PLACES[step] ?? { step: step as Step }
  return { ...fault, ...place, ...(often === 'once' ? { times: 1 } : {}) }
}

const AIRFLOW_CODES: Partial<Record<FaultName, string>> = {
  '400': 'ASTRO-AIRFLOW-REFUSED',
  '401': 'ASTRO-AIRFLOW-UNAUTHORIZED',
  '403': 'ASTRO-AIRFLOW-FORBIDDEN',
  '404': 'ASTRO-AIRFLOW-NOT-FOUND',
  '409': 'ASTRO-AIRFLOW-CONFLICT',
  'a web page with 200': 'ASTRO-AIRFLOW-ANSWER',
}

/** How a run ends, live or with which code, when this fault meets this step once or for ever. */
export function expectedEnd({ step, name, often }: FaultCase): string {
  const look = LOOKS[name]
  const once = often === 'once'
  if (look === 'none') return 'live'
  switch (step) {
    case 'auth-config':
      if (look === 'limit' || look === 'outage') return once ? 'live' : API_CODES[name]
      if (look.startsWith('lost')) return once ? 'live' : 'ASTRO-AUTH-UNREACHABLE'
      return 'ASTRO-AUTH-DISCOVERY'
    case 'token':
      if (['400', '401', '403'].includes(name)) return 'ASTRO-AUTH-KEY-REJECTED'
      if (look === 'limit' || look === 'outage') return once ? 'live' : API_CODES[name]
      if (look.startsWith('lost')) return once ? 'live' : 'ASTRO-AUTH-UNREACHABLE'
      return 'ASTRO-AUTH-EXCHANGE'
    case 'organizations':
      if (name === '403') return 'ASTRO-TARGET-ORGANIZATION'
      return once && look !== 'refusal' && look !== 'page' ? 'live' : API_CODES[name]
    case 'list-deployments':
    case 'deployment':
    case 'list-deploys':
      return once && look !== 'refusal' && look !== 'page' ? 'live' : API_CODES[name]
    case 'create-deploy':
      // What a gateway says of Astro is a lost answer; a 500 is Astro's own.
      return once && !['refusal', 'page'].includes(look) && name !== '500' ? 'live' : API_CODES[name]
    case 'upload':
      if (name.startsWith('truncated')) return 'live'
      if (name === '403') return 'ASTRO-UPLOAD-REFUSED'
      if (['refusal', 'unauthorized', 'page'].includes(look)) return 'ASTRO-UPLOAD-FAILED'
      if (once) return 'live'
      return look.startsWith('lost') ? 'ASTRO-UPLOAD-UNREACHABLE' : 'ASTRO-UPLOAD-FAILED'
    case 'finalize':
      // The deploy tells that it was taken, however the answer was lost.
      if (look === 'lost after') return 'live'
      return once && name !== '400' && name !== '403' ? 'live' : API_CODES[name]
    case 'get-deploy':
    case 'poll':
      if (once) return 'live'
      return look === 'refusal' || look === 'unauthorized' ? API_CODES[name] : 'ASTRO-ROLLOUT-TIMEOUT'
    case 'baseline':
    case 'verification':
      // After the deploy, one odd answer may be that of an Airflow that restarts.
      if (once && look !== 'refusal' && (look !== 'page' || step === 'verification')) return 'live'
      return AIRFLOW_CODES[name] ?? 'ASTRO-VERIFY-TIMEOUT'
  }
}
