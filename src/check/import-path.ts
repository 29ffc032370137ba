import { posix } from 'node:path'
import type { JudgeFacts, ReadFile } from './judge.ts'
import { below, isInside, writeImport } from './judge.ts'
import { isStandardModule, isWellKnown } from './known-modules.ts'
import type { Finding, Import } from './types.ts'

/**
 * Imports of modules in the DAG folder that Airflow 3 on Astro does not find: the root of the bundle is on Python's path, and
 * the DAG folder is a package in it. Silent where anything else could bring a module of that name.
 */
export function findImportProblems(files: readonly ReadFile[], facts: JudgeFacts): Finding[] {
  const { target, dagsPath, results, isPathSet, installed } = facts
  if (!target.isBundle || target.airflow !== 3 || isPathSet) return []
  if (files.some((file) => file.facts?.changesPath === true)) return []
  const inDags = results.map(({ path }) => path).filter((path) => isInside(dagsPath, path))
  const modules = new Set(inDags.flatMap((path) => modulesOf(below(dagsPath, path))))
  const elsewhere = new Set(
    results
      .map(({ path }) => path)
      .filter((path) => path.startsWith('plugins/'))
      .map((path) => firstPart(path.slice('plugins/'.length))),
  )
  const isElsewhere = (name: string): boolean =>
    isStandardModule(name) ||
    isWellKnown(name) ||
    installed.has(name.toLowerCase()) ||
    elsewhere.has(name) ||
    name === 'dags' ||
    name === 'include'

  return files.flatMap(({ path, facts: said }) => {
    if (!isInside(dagsPath, path)) return []
    const folder = posix.dirname(below(dagsPath, path))
    const seen = new Set<number>()
    return (said?.imports ?? []).flatMap((wanted): Finding[] => {
      const [name = ''] = wanted.module.split('.')
      if (wanted.level > 0 || name === '' || isElsewhere(name) || seen.has(wanted.line)) return []
      const parent = modules.has(name)
        ? ''
        : folder !== '.' && modules.has(`${folder.replaceAll('/', '.')}.${name}`)
          ? folder
          : undefined
      if (parent === undefined) return []
      const prefix = ['dags', ...(parent === '' ? [] : parent.split('/'))].join('.')
      seen.add(wanted.line)
      return [
        {
          rule: 'import-path',
          level: 'warning',
          path,
          line: wanted.line,
          column: undefined,
          message: `\`${writeImport(wanted)}\` finds nothing with Airflow 3 on Astro: Python looks in the root of the bundle, not in its folder \`dags\`. Write \`${writeImport(corrected(wanted, prefix))}\`.`,
        },
      ]
    })
  })
}

/** `team/helper.py` brings `team` and `team.helper`. */
function modulesOf(path: string): readonly string[] {
  const parts = path
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .split('/')
  return parts.every((part) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part))
    ? parts.map((_, at) => parts.slice(0, at + 1).join('.'))
    : []
}

const firstPart = (path: string): string => path.replace(/\.py$/, '').split('/')[0] ?? ''

/** `import helper` binds the name `helper`, and so has the correct one to do. */
function corrected(wanted: Import, prefix: string): Import {
  if (wanted.names !== undefined || wanted.alias !== undefined)
    return { ...wanted, module: `${prefix}.${wanted.module}` }
  const [first = '', ...rest] = wanted.module.split('.')
  return rest.length === 0
    ? { ...wanted, module: prefix, names: [{ name: first, alias: undefined }] }
    : { ...wanted, module: `${prefix}.${wanted.module}` }
}
