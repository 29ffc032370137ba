import { ActionError } from '../errors.ts'
import type { Watch, WatchDependencies } from '../watch.ts'
import { watch } from '../watch.ts'
import { isDown, isOdd } from './failure.ts'

/** Odd answers in a row that are put down to what stands before Airflow. */
const PATIENCE = 3

/**
 * Watches Airflow as `watch` does. That it is down is one more state to wait out, as that of a fresh Deployment is; so are a
 * few answers in a row that are not Airflow's. Throws what `look` and `judge` throw otherwise.
 */
export function watchAirflow<S, R>(deps: WatchDependencies, task: Watch<S, R>): Promise<R> {
  let oddAnswers = 0
  return watch<{ readonly seen: S } | ActionError, R>(deps, {
    ...task,
    async look() {
      try {
        const seen = await task.look()
        oddAnswers = 0
        return { seen }
      } catch (error) {
        if (error instanceof ActionError && (isDown(error) || (isOdd(error) && ++oddAnswers < PATIENCE))) {
          return error
        }
        throw error
      }
    },
    judge: (outcome) =>
      outcome instanceof ActionError
        ? { kind: 'waiting', state: outcome.observed ?? outcome.problem }
        : task.judge(outcome.seen),
  })
}
