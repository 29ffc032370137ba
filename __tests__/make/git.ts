import { createGit } from '../../src/project/git.ts'
import { createPrograms } from '../../src/program.ts'

/** The git of this machine, as a run that nobody cancels has it. */
export const systemGit = createGit(createPrograms(new AbortController().signal).run, process.env)
