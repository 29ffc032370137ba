/** `npm run dev -- deploy --deploy-type dags-only`: one step from the sources, against a local Astro of its own. */
import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { createLiveView } from './runner-view.ts'
import { parseStep } from './step-arguments.ts'

const USAGE = `Usage: npm run dev -- [ACTION] [--INPUT VALUE | --INPUT]...
  ACTION           deploy (the default), update-environment-variables, rollback, get-access-token, ...
  --INPUT VALUE    an input of action.yml; without a value it is true
  --folder DIR     what is checked out (default: example/)

The step runs the sources, with an API key of the local Astro unless you pass a credential and a domain.
`
const ROOT = path.resolve(import.meta.dirname, '../..')

async function dev(args: readonly string[]): Promise<number> {
  const step = parseStep(args)
  if (step === undefined) {
    process.stdout.write(USAGE)
    return 0
  }
  const astro = await startLocalAstro({ rolloutMs: 1_000 })
  try {
    await astro.ready()
    const result = await runStep({
      entry: path.join(ROOT, 'src/index.ts'),
      workspace: path.resolve(step.folder ?? path.join(ROOT, 'example')),
      inputs: {
        domain: astro.origin,
        ...('api-token' in step.inputs ? {} : { 'key-id': astro.keyId, 'key-secret': astro.keySecret }),
        ...step.inputs,
      },
      onOutput: createLiveView((line) => process.stdout.write(`${line}\n`)),
    })
    process.stderr.write(result.stderr)
    const outputs = Object.entries(result.outputs).map(([name, value]) => `  ${name}: ${value}`)
    process.stdout.write(`\nOutputs\n${outputs.join('\n')}\n\nExit code ${result.exitCode}\n`)
    return result.exitCode ?? 1
  } finally {
    await astro.stop()
  }
}

process.exitCode = await dev(process.argv.slice(2))
