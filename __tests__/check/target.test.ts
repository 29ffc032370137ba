import { expect, test } from '@jest/globals'
import { decideTarget, defaultPython, readBaseImage } from '../../src/check/python-version.ts'

test.each([
  ['9.1.0', 311],
  ['11.3.0', 311],
  ['12.0.0', 312],
  ['13.2.0', 312],
  ['v13.2.0', 312],
  ['3.0-1', 312],
  ['3.1-2', 312],
  ['3.9-1', undefined],
  ['99.0.0', undefined],
  ['nightly', undefined],
  ['', undefined],
])('runtime %s', (runtime, python) => expect(defaultPython(runtime)).toBe(python))

test.each([
  ['FROM quay.io/astronomer/astro-runtime:13.2.0', '13.2.0', 312],
  ['FROM quay.io/astronomer/astro-runtime:13.2.0-python-3.11', '13.2.0', 311],
  ['FROM quay.io/astronomer/astro-runtime:13.2.0-python-3.10-base AS final', '13.2.0', 310],
  ['FROM --platform=linux/amd64 quay.io/astronomer/astro-runtime-slim:12.1.0-base', '12.1.0', 312],
  ['FROM astrocrpublic.azurecr.io/runtime:3.1-2-python-3.13', '3.1-2', 313],
  ['FROM astrocrpublic.azurecr.io/runtime:3.1-2@sha256:abc', '3.1-2', 312],
])('%s', (from, runtime, python) => expect(readBaseImage(from)).toMatchObject({ runtime, python }))

test.each([['FROM python:3.12'], ['FROM quay.io/astronomer/astro-runtime:${V}'], [undefined]])(
  '%s names no runtime',
  (from) => expect(readBaseImage(from)).toBeUndefined(),
)

const nothing = { deployed: undefined, from: undefined, ships: undefined, wished: undefined, isBundle: true }
const FROM_3 = 'FROM astrocrpublic.azurecr.io/runtime:3.1-2'

test.each([
  ['DAGs go to what runs', { deployed: '11.3.0', from: FROM_3 }, 311, 2, false],
  [
    'whose Python the Dockerfile may name',
    { deployed: '13.2.0', from: 'FROM a/astro-runtime:13.2.0-python-3.10' },
    310,
    2,
    false,
  ],
  ['an image brings its own', { deployed: '11.3.0', from: FROM_3, ships: 'built' }, 312, 3, true],
  [
    'an image of a base that is not known',
    { deployed: '11.3.0', from: 'FROM x', ships: 'built' },
    undefined,
    undefined,
    false,
  ],
  ['a prebuilt image', { deployed: '3.1-2', ships: 'prebuilt' }, undefined, 3, true],
  ['no Deployment', { from: FROM_3 }, 312, 3, true],
  ['nothing at all', {}, undefined, undefined, false],
  ['what was asked for', { deployed: '13.2.0', wished: 3 }, 312, 3, true],
] as const)('%s', (_, facts, python, airflow, isBundle) => {
  expect(decideTarget({ ...nothing, ...facts })).toMatchObject({ python, airflow, isBundle })
})
