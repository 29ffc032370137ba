import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach } from '@jest/globals'

export type FileInFolder =
  | string
  | Buffer
  | { readonly content?: string | Buffer; readonly mode?: number; readonly mtime?: Date }
  | { readonly link: string }

export const linkTo = (target: string): FileInFolder => ({ link: target })

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/**
 * A new folder, gone after the test, with these files in it: by path with forward slashes; one that ends in a slash is an
 * empty folder. The answer is its path without links.
 */
export function makeFolder(files: Readonly<Record<string, FileInFolder>> = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'folder-')))
  made.push(folder)
  for (const [name, file] of Object.entries(files)) addFile(path.join(folder, name), name, file)
  return folder
}

function addFile(absolute: string, name: string, file: FileInFolder): void {
  mkdirSync(name.endsWith('/') ? absolute : path.dirname(absolute), { recursive: true })
  if (name.endsWith('/')) return
  if (typeof file === 'string' || Buffer.isBuffer(file)) {
    writeFileSync(absolute, file)
  } else if ('link' in file) {
    symlinkSync(file.link, absolute)
  } else {
    writeFileSync(absolute, file.content ?? '')
    if (file.mode !== undefined) chmodSync(absolute, file.mode)
    if (file.mtime !== undefined) utimesSync(absolute, file.mtime, file.mtime)
  }
}
