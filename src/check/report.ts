import { mkdir, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError, describeError, listSome } from '../errors.ts'
import type { Inputs } from '../inputs/types.ts'
import type { Run } from '../run.ts'
import type { Judged } from './judge.ts'
import { TITLES } from './rules.ts'
import type { CheckTarget } from './types.ts'

const MOST_NAMED = 5

type Reporting = Pick<Run, 'env' | 'log' | 'outputs' | 'tell'> & {
  readonly inputs: Pick<Inputs, 'check' | 'checkSarif' | 'rootFolder'>
}

/**
 * Says what was found where people look: beside the lines, in the summary, in outputs and, on request, as SARIF. Throws
 * `ASTRO-CHECK-SYNTAX` for errors, unless they are only to warn.
 */
export async function reportCheck(
  run: Reporting,
  judged: Judged,
  target: CheckTarget,
  elapsedMs: number,
): Promise<void> {
  const { env, inputs, log, outputs, tell } = run
  const { findings: found, skipped, fileCount } = judged
  const findings = found.map((finding) => ({
    ...finding,
    path: path.posix.join(inputs.rootFolder, finding.path),
  }))
  const errors = findings.filter(({ level }) => level === 'error')
  const warnings = findings.filter(({ level }) => level === 'warning')
  outputs.set({ 'check-errors': String(errors.length), 'check-warnings': String(warnings.length) })
  log.info(
    `${count(fileCount, 'Python file')} in ${(elapsedMs / 1000).toFixed(1)} s, for ${target.source}: ${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}.`,
  )
  for (const { level, path: file, line, rule, message: said, advice } of findings) {
    const place = { file, line, title: TITLES[rule] }
    const message = advice === undefined ? said : `${said} ${advice}`
    if (level === 'error' && inputs.check === 'fail') log.errorAt(place, message)
    else log.warningAt(place, message)
  }
  if (skipped.length > 0) {
    const named = skipped.map(({ path: file, why }) => `${path.posix.join(inputs.rootFolder, file)}: ${why}`)
    log.warning(`Not checked: ${listSome(named, MOST_NAMED, '; ')}.`)
  }
  tell({
    check: {
      findings: findings.map(({ level, path: file, line, rule, message }) => ({
        level,
        file,
        line,
        title: TITLES[rule],
        message,
      })),
      skipped: skipped.map(({ path: file, why }) => ({
        file: path.posix.join(inputs.rootFolder, file),
        why,
      })),
      fileCount,
      target: target.source,
    },
  })
  if (inputs.checkSarif !== undefined) {
    const { sarif } = await import('./sarif.ts')
    const file = path.join(env.GITHUB_WORKSPACE ?? process.cwd(), inputs.checkSarif)
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, `${JSON.stringify(sarif(findings), undefined, 2)}\n`)
      log.info(`SARIF: ${inputs.checkSarif}`)
    } catch (error) {
      log.warning(`The file that \`check-sarif\` names could not be written: ${describeError(error)}.`)
    }
  }
  if (errors.length > 0 && inputs.check === 'fail') throw checkFailed(errors, target)
}

const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? '' : 's'}`

function checkFailed(
  errors: readonly { readonly path: string; readonly line: number | undefined; readonly message: string }[],
  target: CheckTarget,
): ActionError {
  return new ActionError({
    code: 'ASTRO-CHECK-SYNTAX',
    problem: `Python cannot read ${errors.length === 1 ? 'a file' : `${errors.length} files`} of the project, so Airflow could not import ${errors.length === 1 ? 'it' : 'them'}.`,
    observed: listSome(
      errors.map(({ path: file, line, message }) => `${file}:${line ?? 1}: ${message}`),
      MOST_NAMED,
      '\n',
    ),
    likelyCause: `A slip in the code, or syntax that is newer than what it is going to run on: ${target.source}.`,
    fix: 'Correct the lines. A file that is not for Airflow belongs into `.airflowignore`; `check: warn` deploys all the same.',
  })
}
