/** What a Dockerfile builds on. */
export type DockerfileFacts = {
  /** The FROM line of the last stage, or of the stage that it builds on, as it stands there. */
  readonly from: string | undefined
  /** Every base is one of Astronomer's registries, so that a newer one may be pulled. */
  readonly pull: boolean
}

const ASTRONOMER = /^(?:quay\.io\/astronomer\/|astrocrpublic\.azurecr\.io\/)/

/** Reads the FROM lines of a Dockerfile. */
export function readDockerfile(text: string): DockerfileFacts {
  const froms = text
    .split(/\r?\n/)
    .map((line) => /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line))
    .filter((match) => match !== null)
    .map(([line, base = '', stage]) => ({ line: line.trim(), base, stage: stage?.toLowerCase() }))
  let last = froms.at(-1)
  for (let hops = froms.length; last && hops > 0; hops--) {
    const base = last.base.toLowerCase()
    const stage = froms.find((from) => from.stage === base && from !== last)
    if (!stage) break
    last = stage
  }
  return { from: last?.line, pull: froms.length > 0 && froms.every(({ base }) => ASTRONOMER.test(base)) }
}

/**
 * The ignore file for a build: the project's own, with the DAG folder left out of the image when Astro gets the DAGs
 * apart from it, and never left out when the image has to bring them (section 3.7 of the control plane's contract).
 */
export function ignoreFileFor(own: string | undefined, dagsPath: string, dagsInImage: boolean): string {
  const lines = (own ?? '').split(/\r?\n/)
  const kept = dagsInImage ? lines.filter((line) => !namesFolder(line, dagsPath)) : lines
  const text = kept.join('\n').replace(/\n*$/, '\n')
  return dagsInImage ? text : `${text}${asPattern(dagsPath)}/\n`.replace(/^\n+/, '')
}

/**
 * The pattern that matches this very path. Besides `*`, `?`, `[` and `\\`, Docker hands other characters on to its regular
 * expressions, in some versions without escaping them; a line break has no escape.
 */
function asPattern(path: string): string {
  return path
    .replace(/[*?[\]\\+(){}|^$]/g, '\\$&')
    .replace(/^[#! ]/, '\\$&')
    .replace(/[\r\n]/g, '?')
}

function namesFolder(line: string, folder: string): boolean {
  return (
    line
      .trim()
      .replace(/^(?:\.?\/)+/, '')
      .replace(/\/(?:\*\*)?$/, '') === folder
  )
}
