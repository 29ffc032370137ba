import { parse } from 'yaml'

/** The README's first YAML block: the workflow that a newcomer copies. Throws when there is none. */
export function firstWorkflow(readme: string): string {
  const block = /^```ya?ml\n([^]*?)^```/m.exec(readme)?.[1]
  if (block === undefined) throw new Error('README.md has no block of YAML.')
  return block
}

export type ActionReference = { readonly repository: string; readonly ref: string }

/** How a workflow names the one action that is not GitHub's own. Throws when that is not one place. */
export function foreignAction(workflow: string): ActionReference {
  const { jobs } = parse(workflow) as { jobs: Record<string, { steps?: { uses?: string }[] }> }
  const used = Object.values(jobs)
    .flatMap(({ steps }) => steps ?? [])
    .flatMap(({ uses }) => (uses === undefined || uses.startsWith('actions/') ? [] : [uses]))
  const [repository, ref, ...rest] = used[0]?.split('@') ?? []
  if (used.length !== 1 || !repository || !ref || rest.length > 0) {
    throw new Error(`The workflow should use one action OWNER/NAME@REF, not ${used.join(', ') || 'none'}.`)
  }
  return { repository, ref }
}

/** Names after `secrets.` or `vars.` in the expressions of a workflow, each once. */
export function namesIn(context: 'secrets' | 'vars', workflow: string): string[] {
  const expressions = workflow.match(/\$\{\{.*?\}\}/g) ?? []
  const names = expressions.flatMap((text) =>
    [...text.matchAll(new RegExp(`\\b${context}\\.(\\w+)`, 'g'))].map(([, name = '']) => name),
  )
  return [...new Set(names)]
}
