import { createGit } from '../../src/project/git.ts'
import { createGitHome } from '../../src/project/git-home.ts'
import { createPrograms } from '../../src/program.ts'
import type { RunProgram } from '../../src/program.ts'

const home = createGitHome({})

const { run } = createPrograms(new AbortController().signal)

/** The git of this machine, as a run that nobody cancels has it. */
export const systemGit = createGit(run, process.env, home)

/** The same with more in its environment than a user could bring there. */
export const gitWith = (added: Readonly<Record<string, string>>): typeof systemGit => {
  const runWith: RunProgram = (command, args, options) =>
    run(command, args, { ...options, env: { ...options.env, ...added } })
  return createGit(runWith, process.env, home)
}
