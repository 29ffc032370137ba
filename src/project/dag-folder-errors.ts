import * as path from 'node:path'
import type { ErrorCode } from '../errors.ts'
import { ActionError, listSome } from '../errors.ts'
import type { DagFolder } from './dag-file.ts'

/** Something in the DAG folder that cannot be shipped. `inside` is its path below the folder; '' is the folder itself. */
export type EntryProblem = {
  readonly about: 'outside' | 'dangling' | 'left-out' | 'type' | 'name' | 'unreadable'
  readonly inside: string
  readonly detail: string
}

const LISTED = 10

type EntryText = {
  readonly code: ErrorCode
  readonly what: string
  readonly line: (problem: EntryProblem) => string
  readonly likelyCause: string
  readonly fix: string
}

const toTarget = (problem: EntryProblem): string => `${problem.inside} -> ${problem.detail}`

const TEXTS: Record<EntryProblem['about'], EntryText> = {
  outside: {
    code: 'ASTRO-DAGS-LINK-OUTSIDE',
    what: 'has a link that leaves the folder',
    line: toTarget,
    likelyCause:
      'Only what is inside of the DAG folder is shipped, so Airflow would find nothing at the end of the link.',
    fix: 'Copy the target into the DAG folder (in a step before this one, if it must stay shared), or remove the link.',
  },
  dangling: {
    code: 'ASTRO-DAGS-LINK-BROKEN',
    what: 'has a link that leads nowhere',
    line: toTarget,
    likelyCause:
      'The target is not in this checkout: a submodule that was not fetched, a file that an earlier step should have generated, or links that point at each other.',
    fix: 'Provide the target before this step (for submodules: `submodules: true` of actions/checkout), or remove the link.',
  },
  'left-out': {
    code: 'ASTRO-DAGS-LINK-BROKEN',
    what: 'has a link to something that is never shipped',
    line: toTarget,
    likelyCause:
      'Nothing named .git, __pycache__ or *.pyc is shipped, and no credentials of other actions, so the link would lead nowhere in Airflow.',
    fix: 'Link to the source instead, or remove the link.',
  },
  type: {
    code: 'ASTRO-DAGS-FILE-TYPE',
    what: 'has something in it that is neither a file, a folder nor a link',
    line: (problem) => `${problem.inside} is ${problem.detail}`,
    likelyCause: 'A program that ran in an earlier step left it there.',
    fix: 'Remove it, or point dags-path at a folder that holds DAGs only.',
  },
  name: {
    code: 'ASTRO-DAGS-FILE-NAME',
    what: 'has a name in it that is not valid UTF-8',
    line: (problem) => `${problem.inside} (${problem.detail})`,
    likelyCause: 'The file was named by a program that used another character encoding.',
    fix: 'Rename it. Python and Airflow would not find it by the same name.',
  },
  unreadable: {
    code: 'ASTRO-DAGS-UNREADABLE',
    what: 'cannot be read completely',
    line: (problem) => `${problem.inside || '.'}: ${problem.detail}`,
    likelyCause: 'An earlier step wrote it as another user (a container that runs as root is the usual one).',
    fix: 'Give the user of the runner read access, for example with chmod or chown in a step before this one.',
  },
}

/** One error for the first kind of problem (by path), with all entries of that kind in it. */
export function entryProblems(folder: string, problems: readonly EntryProblem[]): ActionError {
  const byPath = problems.toSorted((a, b) => (a.inside < b.inside ? -1 : 1))
  const about = byPath[0]?.about ?? 'unreadable'
  const text = TEXTS[about]
  const lines = byPath.filter((problem) => problem.about === about).map(text.line)
  const more = lines.length > LISTED ? [`and ${lines.length - LISTED} more`] : []
  return new ActionError({
    code: text.code,
    problem: `The DAG folder ${folder} ${text.what}.`,
    observed: [...lines.slice(0, LISTED), ...more].join('\n'),
    likelyCause: text.likelyCause,
    fix: text.fix,
  })
}

export function folderMissing(folder: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-FOLDER-MISSING',
    problem: `The DAG folder ${folder} does not exist.`,
    observed,
    likelyCause: 'The repository was not checked out before this step, or the folder is called differently.',
    fix: 'Run actions/checkout first, and set root-folder (the Astro project) and dags-path (the folder inside of it).',
  })
}

export function folderIsNoFolder(folder: string): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-FOLDER-NOT-FOLDER',
    problem: `The DAG folder ${folder} is not a folder.`,
    likelyCause:
      'dags-path names a file. On Windows, a link in the repository is checked out as a small text file.',
    fix: 'Set dags-path to the folder that holds the DAG files.',
  })
}

export function folderOutside(folder: string, root: string, workspace: string): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-FOLDER-OUTSIDE',
    problem: `The DAG folder ${folder} leads out of the workspace.`,
    observed: `It ends at ${root}; the workspace is ${workspace}.`,
    likelyCause: 'It is a link, or lies behind a link, to another place on the machine.',
    fix: 'Keep the DAGs in the repository, or copy them into the workspace in a step before this one.',
  })
}

export function folderUnreadable(folder: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-UNREADABLE',
    problem: `The DAG folder ${folder} cannot be read.`,
    observed,
    likelyCause: TEXTS.unreadable.likelyCause,
    fix: TEXTS.unreadable.fix,
  })
}

export function emptyFolder(folder: DagFolder): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-EMPTY',
    problem: `The DAG folder ${folder.root} has no DAG file in it. Deploying it would remove every DAG of the Deployment.`,
    observed: whatWasFound(folder),
    likelyCause: 'dags-path or root-folder names another folder than the one with the DAGs.',
    fix: 'A DAG file is one whose name ends in .py or .zip. Set dags-path to the folder that has them, or set allow-empty-dags to true if all DAGs are to be removed.',
  })
}

function whatWasFound(folder: DagFolder): string {
  const names = folder.files.map((file) => path.posix.relative('dags', file.path))
  const found = names.length === 0 ? 'It is empty' : `In it: ${listSome(names, LISTED)}`
  const leftOut =
    folder.leftOutCount === 0
      ? ''
      : `, not counting ${folder.leftOutCount} of what is never shipped (.git, __pycache__, *.pyc)`
  return `${found}${leftOut}.`
}
