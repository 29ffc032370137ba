/** How far a deploy has come on Astro's side; `failed` and `replaced` are its ends other than `live`. */
export type Stage =
  | 'untouched'
  | 'creating'
  | 'created'
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

/** Remembers how far a run has come, so that one that ends early can say what has and what has not happened. */
export type Progress = {
  reached(stage: Stage, deployId?: string): void
  variables(state: VariablesState): void
  /** One sentence on the state that the run leaves behind. */
  aftermath(): string
}

export function createProgress(): Progress {
  let stage: Stage = 'untouched'
  let id: string | undefined
  let variables: VariablesState = 'untouched'
  return {
    reached(next, deployId) {
      stage = next
      id = deployId ?? id
    },
    variables(state) {
      variables = state
    },
    aftermath() {
      const code = describe(stage, id ?? 'of this run')
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

function describe(stage: Stage, id: string): string {
  const unfinished = `The former code keeps running; the deploy ${id} stays unfinished in the deploy history, without effect.`
  switch (stage) {
    case 'untouched':
      return 'Nothing was changed on Astro.'
    case 'creating':
      return 'The former code keeps running; unfinished deploys may stay in the deploy history, without effect.'
    case 'created':
      return `The upload of the DAG bundle was not confirmed. ${unfinished}`
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
