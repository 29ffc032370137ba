import type { Deployment } from '../astro/types.ts'
import type { SessionKind } from '../auth/session.ts'
import { ActionError } from '../errors.ts'
import type { Difference } from './compare.ts'
import { compareVariables } from './compare.ts'
import type { EnvironmentPlan } from './plan.ts'

const name = (deployment: Pick<Deployment, 'name' | 'id'>): string =>
  `the Deployment ${deployment.name} (${deployment.id})`

/** The credential lacks the right to change settings. */
export function mayNotUpdate({ observed, cause }: ActionError, kind: SessionKind): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-FORBIDDEN',
    problem: 'The credential may not change the environment variables of the Deployment.',
    observed,
    likelyCause:
      kind === 'api-key'
        ? 'Changing them needs the permission deployment.update. Deployment API keys may deploy code, but not always change settings.'
        : 'Changing them needs the permission deployment.update, which its role does not have.',
    fix:
      kind === 'api-key'
        ? 'Use an API token of the Deployment with the role Deployment Admin as `api-token`, in place of the API key.'
        : 'Give the token a role with that permission (Deployment Admin, or Workspace Operator), or use another one.',
    cause,
  })
}

/** `replace` would remove what was added after the plan was shown. */
export function changedMeanwhile(keys: readonly string[]): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-CHANGED-MEANWHILE',
    problem:
      'Variables were added to the Deployment after the plan was shown, and `replace` would remove them.',
    observed: `Not in the plan: ${keys.join(', ')}.`,
    likelyCause: 'Another run, or somebody in the UI or the CLI, changes the variables at the same time.',
    fix: 'Add them to the variables of this step if they should stay, then run again.',
  })
}

/** Somebody else writes another list each time. */
export function notAsPlanned(after: Deployment, plan: EnvironmentPlan): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-NOT-AS-PLANNED',
    problem: `The environment variables of ${name(after)} are not as planned after the update.`,
    observed: describeVariables(after, plan),
    likelyCause: 'Another run, or somebody in the UI or Terraform, keeps writing them at the same time.',
    fix: 'Let the other change finish, then run again. A `concurrency` group keeps two runs of one workflow apart.',
  })
}

/** The list was as planned, and is not any more. */
export function overwritten(after: Deployment, plan: EnvironmentPlan): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-OVERWRITTEN',
    problem: `The environment variables of ${name(after)} were changed again by somebody else while it restarted.`,
    observed: describeVariables(after, plan),
    likelyCause: 'Another run, the UI or Terraform wrote a list that it had read before this update.',
    fix: 'Compare the variables in the Astro UI, then run again. A `concurrency` group keeps two runs of one workflow apart.',
  })
}

function describeVariables(after: Deployment, plan: EnvironmentPlan): string {
  const { missing, unexpected, different } = compareVariables(
    plan.variables,
    after.environmentVariables ?? [],
  )
  return [
    missing.length > 0 ? `Missing: ${missing.join(', ')}.` : '',
    unexpected.length > 0 ? `Not expected: ${unexpected.join(', ')}.` : '',
    different.length > 0 ? `With another value or kind: ${different.join(', ')}.` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

/** The update changed what it carried along. */
export function settingsChanged(after: Deployment, differences: readonly Difference[]): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-SETTINGS',
    problem: `Settings of ${name(after)} changed that the update of its environment variables should have left alone.`,
    observed: differences
      .map(
        ({ field, before, after: now }) => `${field} was ${before ?? 'not set'} and is ${now ?? 'not set'}.`,
      )
      .join('\n'),
    likelyCause:
      'Somebody changed them at the same moment, or Astro has a setting that this version of the action does not carry.',
    fix: 'Set them back in the Astro UI if nobody meant to change them, and open an issue with this message.',
  })
}

/** Objects of the Environment Manager are linked no more. */
export function linksLost(after: Deployment, lost: readonly string[]): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-LINKS',
    problem: `Objects of the Environment Manager are no longer linked to ${name(after)} after the update of its variables.`,
    observed: `Lost: ${lost.join(', ')}.`,
    likelyCause: 'Somebody removed the links at the same moment, or Astro dropped them with the update.',
    fix: 'Link them again in the Environment Manager of the Workspace, and open an issue with this message.',
  })
}
