import { expect, test } from '@jest/globals'
import type { PartInputs } from '../../src/deploy/part-inputs.ts'
import { namePartInputs } from '../../src/deploy/part-inputs.ts'

const DEFAULTS: PartInputs = { dagsPath: 'dags', imageName: undefined, buildArgs: [] }
const A1 = { name: 'A', value: '1' }
const B2 = { name: 'B', value: '2' }
const names = (inputs: Partial<PartInputs>, env: Record<string, string> = {}) =>
  namePartInputs({ ...DEFAULTS, ...inputs }, env)

test('the defaults have no name, so that a deploy of any other client counts as one of them', () => {
  expect(names({})).toEqual({})
})

test('a DAG folder of another name matters to both parts: the image is made without it', () => {
  expect(Object.keys(names({ dagsPath: 'flows' }))).toEqual(['dags', 'image'])
})

test.each<[string, Partial<PartInputs>]>([
  ['an argument', { buildArgs: [A1] }],
  ['another value', { buildArgs: [{ name: 'A', value: '2' }] }],
  ['two arguments', { buildArgs: [A1, B2] }],
  ['a prebuilt image', { imageName: 'app' }],
  ['another prebuilt image', { imageName: 'app:2' }],
  ['another DAG folder', { dagsPath: 'flows' }],
])('%s has a name of its own', (_, inputs) => {
  const others = [{ buildArgs: [A1] }, { imageName: 'app' }, { dagsPath: 'flows' }, { buildArgs: [B2] }]
  const { image } = names(inputs)
  expect(image).toMatch(/^[0-9a-f]{6}$/)
  for (const other of others) {
    if (JSON.stringify(other) !== JSON.stringify(inputs)) expect(names(other).image).not.toBe(image)
  }
})

test('the order of arguments does not matter', () => {
  expect(names({ buildArgs: [A1, B2] })).toEqual(names({ buildArgs: [B2, A1] }))
})

test('an argument without a value has the one of the environment', () => {
  const buildArgs = [{ name: 'A', value: undefined }]
  expect(names({ buildArgs }, { A: '1' })).toEqual(names({ buildArgs: [A1] }))
  expect(names({ buildArgs }, { A: '2' })).not.toEqual(names({ buildArgs: [A1] }))
})

test('build arguments do not matter to a prebuilt image', () => {
  expect(names({ imageName: 'app', buildArgs: [A1] })).toEqual(names({ imageName: 'app' }))
})
