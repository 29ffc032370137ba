import type { Parsed } from './values.ts'

/** A build argument: `NAME=value`, or `NAME` for the value that the environment has. */
export type BuildArg = { readonly name: string; readonly value: string | undefined }

/** A build secret: where its value is, never the value. */
export type BuildSecret =
  { readonly id: string; readonly file: string } | { readonly id: string; readonly env: string }

/**
 * Build arguments, one a line. Several on one line are parted by commas that a `NAME=` follows, so that a value may hold
 * commas.
 */
export function parseBuildArgs(text: string): Parsed<readonly BuildArg[]> {
  const args: BuildArg[] = []
  for (const item of items(text, /,(?=\s*[A-Za-z_]\w*=)/)) {
    const [, name, value] = /^([A-Za-z_]\w*)(?:=([^]*))?$/.exec(item) ?? []
    if (name === undefined) {
      return { problem: 'an item is neither NAME=value nor the NAME of an environment variable' }
    }
    args.push({ name, value })
  }
  return { value: args }
}

/** Build secrets as `docker build --secret` takes them: `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`, or `id=NAME` alone. */
export function parseBuildSecrets(text: string): Parsed<readonly BuildSecret[]> {
  const secrets: BuildSecret[] = []
  for (const item of items(text, /,(?=\s*(?:type=\w+\s*,\s*)?id=)/)) {
    const secret = parseSecret(item)
    if (secret === undefined) {
      return {
        problem:
          'an item is none of id=NAME,src=FILE and id=NAME,env=VARIABLE (the value itself does not belong here)',
      }
    }
    secrets.push(secret)
  }
  return { value: secrets }
}

function parseSecret(item: string): BuildSecret | undefined {
  const fields = new Map<string, string>()
  for (const part of item.split(',')) {
    const [, key, value] = /^\s*(type|id|src|source|env)=(.+?)\s*$/.exec(part) ?? []
    if (key === undefined || value === undefined) return undefined
    fields.set(key === 'source' ? 'src' : key, value)
  }
  const [id, file, env, type] = ['id', 'src', 'env', 'type'].map((key) => fields.get(key))
  if (id === undefined || (file !== undefined && env !== undefined)) return undefined
  if (type !== undefined && type !== 'file' && type !== 'env') return undefined
  if (file !== undefined) return type === 'env' ? { id, env: file } : { id, file }
  if (env !== undefined) return { id, env }
  return type === 'file' ? { id, file: id } : { id, env: id }
}

/** One item a line; the separator counts where there is one line only. */
function items(text: string, separator: RegExp): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.length > 1
    ? lines.map((line) => line.trim())
    : (lines[0] ?? '')
        .split(separator)
        .map((item) => item.trim())
        .filter((item) => item !== '')
}
