/** One part of the run: its name and when it began and ended, in milliseconds since the epoch. */
export type Phase = { readonly name: string; readonly start: number; end?: number; failed?: true }

/** Measures the parts of a run, for the log and for the picture in the summary. */
export type Timeline = {
  measure<T>(name: string, work: () => Promise<T>): Promise<T>
  phases(): readonly Phase[]
}

export function createTimeline(now: () => number): Timeline {
  const phases: Phase[] = []
  return {
    async measure(name, work) {
      const phase: Phase = { name, start: now() }
      phases.push(phase)
      try {
        return await work()
      } catch (error) {
        phase.failed = true
        throw error
      } finally {
        phase.end = now()
      }
    },
    phases: () => phases,
  }
}

/**
 * The phases as a Mermaid Gantt chart, which GitHub draws in summaries. Bars are on the clock of the run; one that failed
 * is marked critical. Phase names are ours and hold no character with a meaning in Mermaid.
 */
export function ganttChart(phases: readonly Phase[], now: number): string {
  const bars = phases.map(({ name, start, end = now, failed }) => {
    const length = Math.max(1, end - start)
    return `  ${name} (${seconds(length)}) :${failed ? 'crit, ' : ''}${start}, ${length}ms`
  })
  return ['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %H:%M:%S', ...bars, '```'].join('\n')
}

function seconds(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}
