/** How far a deploy has come on Astro's side. */
export type Stage = 'untouched' | 'creating' | 'created' | 'uploaded' | 'finalizing' | 'finalized' | 'live'

/** Remembers how far a deploy has come, so that a run that ends early can say what has and what has not happened. */
export type Progress = {
  reached(stage: Stage, deployId?: string): void
  /** One sentence on the state that the run leaves behind. */
  aftermath(): string
}

export function createProgress(): Progress {
  let stage: Stage = 'untouched'
  let id: string | undefined
  return {
    reached(next, deployId) {
      stage = next
      id = deployId ?? id
    },
    aftermath: () => describe(stage, id ?? 'of this run'),
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
    case 'uploaded':
      return `The DAG bundle was uploaded, but the deploy was not finalized. ${unfinished}`
    case 'finalizing':
      return `It is not known whether Astro took the deploy ${id}: the new code may go live or not. Look at the deploy history of the Deployment.`
    case 'finalized':
      return `Astro has taken the deploy ${id}: the new code may go live although this run did not see it.`
    case 'live':
      return `The deploy ${id} is live.`
  }
}
