import type { Deploy, GitMetadata } from '../astro/types.ts'
import type { Commit } from '../project/commit.ts'
import { isSha } from '../project/git.ts'
import type { Part, TreeMark } from '../project/tree-mark.ts'
import { readTreeMark } from '../project/tree-mark.ts'

/** The commit whose code a Deployment runs, for one part of it, or why that is not known. */
export type Baseline =
  | {
      readonly known: true
      readonly sha: string
      readonly deployId: string
      /** Where it is from, in words: "the deploy cl1 of 2026-01-01". */
      readonly source: string
    }
  | { readonly known: false; readonly why: string }

export type BaselineFacts = {
  readonly deploys: readonly Deploy[]
  readonly commit: Commit | undefined
  /** The project inside its repository; empty at its root. */
  readonly projectPath: string
  /** The version that the Deployment moves to or runs; undefined where it has none. */
  readonly desiredDagVersion: string | undefined
  readonly isDagDeployEnabled: boolean
  /** Of the image that the Deployment runs. */
  readonly imageTag: string
  /** Names of the inputs that the parts would be made with now. */
  readonly inputs: TreeMark['inputs']
  /** Parts of which a checkout may lack something: submodules, files that have a filter. */
  readonly precarious?: readonly Part[]
}

const BRINGS: Readonly<Record<string, readonly Part[]>> = {
  DAG_ONLY: ['dags'],
  IMAGE_ONLY: ['image'],
  IMAGE_AND_DAG: ['dags', 'image'],
}
const DECIDING_INPUTS: Readonly<Record<Part, string>> = {
  dags: '`dags-path`',
  image: '`image-name`, `build-args` or `dags-path`',
}

/**
 * Which commit a part of the Deployment was deployed from, as Astro itself tells it: the newest deploy that brought the
 * part must be one of this repository and project. An older one of ours does not do: what runs came from elsewhere.
 *
 * A repository that was renamed or moved has another name in Astro's history; there the commit before the push settles it,
 * for a commit's ID is the same everywhere. Where Astro's history names no commit at all, that commit proves nothing: the
 * run that should have deployed it may have failed.
 */
export function findBaseline(part: Part, facts: BaselineFacts): Baseline {
  if (!facts.commit) return unknown('the run does not say which commit it deploys')
  const newest = newestFirst(facts.deploys).find(
    (deploy) => deploy.status === 'DEPLOYED' && brings(deploy, part),
  )
  if (!newest) return unknown('Astro knows no earlier deploy of it')
  const failed = facts.deploys.find(
    (deploy) => deploy.status === 'FAILED' && brings(deploy, part) && isAfter(deploy, newest),
  )
  if (failed) return unknown(`the deploy ${failed.id} failed after the last one that succeeded`)
  if (part === 'image' && newest.imageTag !== facts.imageTag) {
    return unknown(`the Deployment runs another image than the deploy ${newest.id} brought`)
  }
  const origin = followRollbacks(part, newest, facts.deploys)
  return origin
    ? fromDeploy(part, origin, facts)
    : unknown(`the deploy ${newest.id} went back to one that is no longer listed`)
}

function fromDeploy(part: Part, deploy: Deploy, facts: BaselineFacts): Baseline {
  const { git, dagTarballVersion } = deploy
  const { desiredDagVersion, commit } = facts
  const name = `the deploy ${deploy.id}`
  if (deploy.isDagDeployEnabled !== facts.isDagDeployEnabled) {
    return unknown(`DAG-only deploys were switched ${facts.isDagDeployEnabled ? 'on' : 'off'} after ${name}`)
  }
  if (part === 'dags' && dagTarballVersion !== undefined && dagTarballVersion !== desiredDagVersion) {
    return unknown(`the Deployment has another DAG version than ${name} brought`)
  }
  if (!git || !isSha(git.commitSha)) return unknown(`${name} does not say which commit it is of`)
  if ((git.path ?? '') !== facts.projectPath) {
    return unknown(`${name} is of another project (${git.path ?? 'the root of its repository'})`)
  }
  if (!isSameRepository(git, commit) && git.commitSha !== commit?.before) {
    return unknown(`${name} is of another repository (${describeRepository(git)})`)
  }
  const mark = readTreeMark(git.commitUrl)
  if (mark.modified.includes(part)) return unknown(`${name} brought files that were in no commit`)
  if (facts.precarious?.includes(part) && !mark.whole?.includes(part)) {
    return unknown(`${name} does not say that its checkout had every submodule and every file of a filter`)
  }
  if (mark.inputs[part] !== facts.inputs[part]) {
    return unknown(`${name} was made with other inputs (${DECIDING_INPUTS[part]})`)
  }
  return {
    known: true,
    sha: mark.tree !== undefined && isSha(mark.tree) ? mark.tree : git.commitSha,
    deployId: deploy.id,
    source: `${name} of ${deploy.createdAt.slice(0, 10)}`,
  }
}

/**
 * The deploy that a part's code is from. A rollback brings back the state that there was after another deploy, which may
 * have brought only the other part, or have been a rollback itself. Undefined when the trail is lost.
 */
function followRollbacks(part: Part, newest: Deploy, deploys: readonly Deploy[]): Deploy | undefined {
  let origin: Deploy | undefined = newest
  while (origin?.rollbackFromId !== undefined) {
    const rollback: Deploy = origin
    const target = deploys.find(({ id }) => id === rollback.rollbackFromId)
    origin =
      target &&
      newestFirst(deploys).find(
        (deploy) =>
          deploy.status === 'DEPLOYED' &&
          brings(deploy, part) &&
          (deploy === target || isAfter(target, deploy)) &&
          isAfter(rollback, deploy),
      )
  }
  return origin
}

/** A rollback restores all that there was; other deploys bring what their type says. */
function brings(deploy: Deploy, part: Part): boolean {
  return deploy.rollbackFromId !== undefined || BRINGS[deploy.type]?.includes(part) === true
}

function newestFirst(deploys: readonly Deploy[]): readonly Deploy[] {
  return deploys.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
}

const isAfter = (a: Deploy, b: Deploy): boolean => Date.parse(a.createdAt) > Date.parse(b.createdAt)

function isSameRepository(git: GitMetadata, commit: Commit | undefined): boolean {
  if (!commit) return false
  const { serverUrl, owner, name } = commit.repository
  const ours = `${new URL(serverUrl).host}/${owner}/${name}`.toLowerCase()
  return describeRepository(git).toLowerCase() === ours
}

/** `github.com/acme/etl`, whatever form the remote was given in: a URL, or `git@host:acme/etl.git`. */
function describeRepository(git: GitMetadata): string {
  if (git.provider === 'GITHUB') return `github.com/${git.account ?? ''}/${git.repo ?? ''}`
  const remote = git.remoteUrl ?? ''
  const url = URL.canParse(remote) && remote.includes('://') ? new URL(remote) : undefined
  const [, host, path] = /^(?:[^@/]+@)?([^:/]+):(.+)$/.exec(remote) ?? []
  const place = url ? `${url.host}${url.pathname}` : host && path ? `${host}/${path}` : 'unknown'
  return place.replace(/\/+$/, '').replace(/\.git$/, '')
}

const unknown = (why: string): Baseline => ({ known: false, why })
