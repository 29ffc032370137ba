import { createHash } from 'node:crypto'
import type { Inputs } from '../inputs/types.ts'
import type { Part } from '../project/tree-mark.ts'

/** Inputs that decide what a part holds, beside the commit. */
export type PartInputs = Pick<Inputs, 'dagsPath' | 'imageName' | 'buildArgs'>

/** What a part is made with; a name too short to tell anything of a build argument's value. */
const NAME_LENGTH = 6

/**
 * Short names for the inputs that each part is made with; a part without one is made with the defaults. The same commit with
 * another name is another content.
 *
 * @param env where build arguments without a value take theirs from
 */
export function namePartInputs(
  { dagsPath, imageName, buildArgs }: PartInputs,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Partial<Record<Part, string>>> {
  const dags = dagsPath === 'dags' ? [] : [dagsPath]
  const args = buildArgs.map(({ name, value }) => `${name}=${value ?? env[name] ?? ''}`).toSorted()
  const image = imageName === undefined ? [...dags, ...args] : ['prebuilt', imageName]
  return {
    ...(dags.length === 0 ? {} : { dags: nameOf(dags) }),
    ...(image.length === 0 ? {} : { image: nameOf(image) }),
  }
}

function nameOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, NAME_LENGTH)
}
