import { expect, test } from '@jest/globals'
import type { RollbackState, Stage, VariablesState } from '../src/progress.ts'
import { createProgress } from '../src/progress.ts'

function aftermath(variables: VariablesState, stage: Stage): string {
  const progress = createProgress()
  progress.variables(variables)
  progress.reached(stage, 'cl1')
  return progress.aftermath()
}

test.each<[VariablesState, Stage, RegExp]>([
  ['untouched', 'untouched', /^Nothing was changed on Astro\.$/],
  ['untouched', 'created', /^The upload of the DAG bundle was not confirmed\. The former code keeps running/],
  ['kept', 'untouched', /^The environment variables are as they were\. Nothing else was changed on Astro\.$/],
  ['written', 'untouched', /are written and stay\. Nothing else was changed on Astro\.$/],
  ['written', 'creating', /are written and stay\. The former code keeps running/],
  ['written', 'finalized', /are written and stay\. Astro has taken the deploy cl1/],
  ['writing', 'untouched', /^It is not known[^]*old list or the new one, whole\.[^]*Nothing else/],
  ['untouched', 'failed', /^The deploy cl1 has failed: its code does not go live\.$/],
  ['untouched', 'replaced', /^Astro had taken the deploy cl1, but a newer one goes live in its place\.$/],
  ['replaced', 'live', /somebody else has changed them since\. The deploy cl1 is live\.$/],
])('variables %s, code %s', (variables, stage, sentence) => {
  expect(aftermath(variables, stage)).toMatch(sentence)
})

test.each<[RollbackState, string]>([
  [{ kind: 'asking', to: 'old' }, 'It is not known whether Astro took the rollback to the deploy old:'],
  [{ kind: 'refused', to: 'old' }, 'Astro has taken the deploy cl1:'],
  [{ kind: 'taken', to: 'old', by: 'r' }, 'Astro has taken the rollback to the deploy old, as the deploy r:'],
  [{ kind: 'failed', to: 'old', by: 'r' }, 'The rollback to the deploy old, as the deploy r, has failed:'],
  [
    { kind: 'replaced', to: 'old', by: 'r' },
    'Astro had taken the rollback to the deploy old, as the deploy r, but a newer',
  ],
  [{ kind: 'live', to: 'old', by: 'r' }, 'The Deployment was rolled back: it runs the code of the deploy old again, as the deploy r.'], // prettier-ignore
])('a rollback of a deploy that was taken: %j', (state, sentence) => {
  const progress = createProgress()
  progress.variables('written')
  progress.reached('finalized', 'cl1')
  progress.rollback(state)
  expect(progress.aftermath()).toContain(`are written and stay. ${sentence}`)
})
