/** How far a deploy has come on Astro's side; `failed` and `replaced` are its ends other than `live`. */
export type Stage =
  | 'untouched'
  | 'creating'
  | 'created'
  | 'pushing'
  | 'pushed'
  | 'uploaded'
  | 'finalizing'
  | 'finalized'
  | 'failed'
  | 'replaced'
  | 'live'

/**
 * What is known of the list of environment variables: `writing` means that a request is under way, or had no clear answer;
 * `kept` and `written`, that Astro has the old or the new list; `replaced`, that somebody else wrote a third one.
 */
export type VariablesState = 'untouched' | 'writing' | 'kept' | 'written' | 'replaced'

/**
 * How far a rollback has come: `asking` means that a request is under way, or had no clear answer; `refused`, that Astro
 * did not act; `taken`, that it will; `failed`, `replaced` and `live` are its ends.
 */
export type RollbackState =
  | { readonly kind: 'asking' | 'refused'; readonly to: string }
  | {
      readonly kind: 'taken' | 'failed' | 'replaced' | 'live'
      readonly to: string
      readonly by: string
    }

/** Remembers how far a run has come, so that one that ends early can say what has and what has not happened. */
export type Progress = {
  reached(stage: Stage, deployId?: string): void
  variables(state: VariablesState): void
  rollback(state: RollbackState): void
  /** One sentence on the state that the run leaves behind. */
  aftermath(): string
}

export function createProgress(): Progress {
  let stage: Stage = 'untouched'
  let id: string | undefined
  let variables: VariablesState = 'untouched'
  let rollback: RollbackState | undefined
  return {
    reached(next, deployId) {
      stage = next
      id = deployId ?? id
    },
    variables(state) {
      variables = state
    },
    rollback(state) {
      rollback = state
    },
    aftermath() {
      const code = (rollback && describeRollback(rollback)) ?? describe(stage, id ?? 'of this run')
      if (variables === 'untouched') return code
      return `${VARIABLES[variables]} ${stage === 'untouched' ? 'Nothing else was changed on Astro.' : code}`
    },
  }
}

const VARIABLES: Readonly<Record<Exclude<VariablesState, 'untouched'>, string>> = {
  writing:
    'It is not known whether Astro took the change of the environment variables: the Deployment has either the old list or the new one, whole. Look at its environment variables in the Astro UI.',
  kept: 'The environment variables are as they were.',
  written: 'The new environment variables are written and stay.',
  replaced: 'The environment variables were written, but somebody else has changed them since.',
}

/** Undefined when the rollback changed nothing, so that what was before it still holds. */
function describeRollback(state: RollbackState): string | undefined {
  switch (state.kind) {
    case 'asking':
      return `It is not known whether Astro took the rollback to the deploy ${state.to}: the Deployment may return to it or not. Look at the deploy history of the Deployment.`
    case 'refused':
      return undefined
    case 'taken':
      return `Astro has taken the rollback to the deploy ${state.to}, as the deploy ${state.by}: its code may go live although this run did not see it.`
    case 'failed':
      return `The rollback to the deploy ${state.to}, as the deploy ${state.by}, has failed: its code does not go live.`
    case 'replaced':
      return `Astro had taken the rollback to the deploy ${state.to}, as the deploy ${state.by}, but a newer deploy goes live in its place.`
    case 'live':
      return `The Deployment was rolled back: it runs the code of the deploy ${state.to} again, as the deploy ${state.by}.`
  }
}

function describe(stage: Stage, id: string): string {
  const unfinished = `The former code keeps running; the deploy ${id} stays unfinished in the deploy history, without effect.`
  switch (stage) {
    case 'untouched':
      return 'Nothing was changed on Astro.'
    case 'creating':
      return 'The former code keeps running; unfinished deploys may stay in the deploy history, without effect.'
    case 'created':
      return `The upload of the DAG bundle was not confirmed. ${unfinished}`
    case 'pushing':
      return `The push of the image was not confirmed. ${unfinished}`
    case 'pushed':
      return `The image was pushed, but the deploy was not finalized. ${unfinished}`
    case 'uploaded':
      return `The DAG bundle was uploaded, but the deploy was not finalized. ${unfinished}`
    case 'finalizing':
      return `It is not known whether Astro took the deploy ${id}: the new code may go live or not. Look at the deploy history of the Deployment.`
    case 'finalized':
      return `Astro has taken the deploy ${id}: the new code may go live although this run did not see it.`
    case 'failed':
      return `The deploy ${id} has failed: its code does not go live.`
    case 'replaced':
      return `Astro had taken the deploy ${id}, but a newer one goes live in its place.`
    case 'live':
      return `The deploy ${id} is live.`
  }
}
