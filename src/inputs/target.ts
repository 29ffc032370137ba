import type { InputProblem } from './values.ts'

/** Which Deployment was asked for; `bound` means the one that the credential belongs to. */
export type TargetWish =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'bound' }

/** The Deployment that the inputs name; to name it twice is a problem. */
export function readTarget(
  id: string | undefined,
  name: string | undefined,
): { readonly wish: TargetWish; readonly problems: readonly InputProblem[] } {
  if (id !== undefined) {
    return { wish: { kind: 'id', id }, problems: name === undefined ? [] : [NAMED_TWICE] }
  }
  return { wish: name === undefined ? { kind: 'bound' } : { kind: 'name', name }, problems: [] }
}

const NAMED_TWICE: InputProblem = {
  code: 'ASTRO-INPUT-TARGET',
  input: 'deployment-id, deployment-name',
  problem: 'both are given; name the Deployment by one of them',
}
