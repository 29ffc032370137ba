import { closestMatch } from 'leven'
import type { InputProblem } from './values.ts'

/** Inputs of the interface that this version does not have yet, by what they belong to. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  'the plan on the pull request': ['comment'],
  'GitHub deployments': ['github-deployment'],
  'Deployment previews': [
    'preview-name',
    'preview-overrides',
    'preview-ttl',
    'cleanup-on-failure',
    'copy-connections',
    'copy-airflow-variables',
    'copy-pools',
  ],
  'waking a hibernating Deployment': ['wake-on-deploy'],
  'dbt projects and other bundles': [
    'mount-path',
    'bundle-type',
    'bundle-trigger-paths',
    'dag-bundle-name',
    'no-dags-base-dir',
  ],
  'several Deployments in one step': ['deployments-file', 'max-parallel', 'continue-on-failure'],
  'the status of a Deployment': ['expect-commit'],
}
const FEATURE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(LATER).flatMap(([feature, inputs]) => inputs.map((input) => [input, feature])),
)

/**
 * A problem for each input of the step that no `inputs:` of action.yml declares: the runner hands it on with a warning that is
 * easily overlooked. One of a later version that asks for nothing (empty or `false`) is let pass.
 *
 * @param env holds an input as `INPUT_` and its name in capitals
 */
export function undeclaredInputs(
  env: Readonly<Record<string, string | undefined>>,
  declared: ReadonlySet<string>,
): readonly InputProblem[] {
  return Object.entries(env).flatMap(([variable, value = '']) => {
    const [, name] = /^INPUT_(.+)$/i.exec(variable) ?? []
    const input = name?.toLowerCase()
    if (input === undefined || declared.has(input)) return []
    const feature = FEATURE_OF.get(input)
    if (feature === undefined) return [unknown(input, declared)]
    const asksForNothing = ['', 'false'].includes(value.trim().toLowerCase())
    return asksForNothing ? [] : [unsupported(input, feature)]
  })
}

function unknown(input: string, declared: ReadonlySet<string>): InputProblem {
  const nearest = nearestName(input.replaceAll(/[_\s]/g, '-'), [...declared])
  const hint = nearest === undefined ? '' : `; the nearest is ${nearest}`
  return { code: 'ASTRO-INPUT-UNKNOWN', input, problem: `there is no such input${hint}` }
}

/** What was misspelt, else what is a part of the other, else what looks most alike. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  return (
    closestMatch(name, known, { maxDistance: 2 }) ??
    known.find((one) => one.includes(name) || name.includes(one)) ??
    closestMatch(name, known)
  )
}

function unsupported(input: string, feature: string): InputProblem {
  const problem = `this version does not support ${feature} yet`
  return { code: 'ASTRO-INPUT-UNSUPPORTED', input, problem }
}
