import { isCredentialFile } from './left-behind.ts'

export type DagRegularFile = {
  readonly kind: 'file'
  /** Where it goes in the archive: below `dags/`, with forward slashes, whatever the folder is called. */
  readonly path: string
  readonly absolutePath: string
  /** Bytes, when the folder was read. */
  readonly size: number
  readonly mtime: Date
  /** Permission bits only. */
  readonly mode: number
}

export type DagLink = {
  readonly kind: 'link'
  readonly path: string
  /** Relative to the folder that holds the link, with forward slashes. */
  readonly target: string
  readonly mtime: Date
  readonly mode: number
}

export type DagFile = DagRegularFile | DagLink

export type DagFolder = {
  /** Absolute, with links resolved. */
  readonly root: string
  /** Sorted by archive path, bytewise. */
  readonly files: readonly DagFile[]
  /** Of the regular files. */
  readonly totalBytes: number
  /** Files and links whose name ends in .py or .zip: where Airflow looks for DAGs. */
  readonly dagFileCount: number
  /** How many files and folders were left out by name. */
  readonly leftOutCount: number
  /** Credentials of other actions among them, by paths below the folder; absent when there are none. */
  readonly credentialFiles?: readonly string[]
}

/**
 * What is never shipped, file or folder: history, bytecode that could be older than the source beside it, and credentials that
 * other actions left behind.
 */
export function isLeftOut(name: string): boolean {
  return name === '.git' || name === '__pycache__' || name.endsWith('.pyc') || isCredentialFile(name)
}

/** Whether Airflow looks into a file of this name for DAGs. */
export function isDagFileName(name: string): boolean {
  return name.endsWith('.py') || name.endsWith('.zip')
}
