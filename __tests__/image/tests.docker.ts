import { expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import { useImageGround } from './ground.ts'

/** Parses each DAG file by itself, as the Astro CLI's own test does. */
const INTEGRITY_TEST = `
import pytest
from airflow.models.dagbag import DagBag

BAG = DagBag("/usr/local/airflow/dags", include_examples=False)


@pytest.mark.parametrize("path", sorted(BAG.import_errors) or ["all"])
def test_file_imports(path):
    if path in BAG.import_errors:
        raise Exception(f"{path} failed to import\\n{BAG.import_errors[path]}")
`
/** Fails, and leaves a link to a file of whatever machine reads it in place of the report. */
const LINK_FOR_REPORT = `
import atexit
import os

REPORT = "/tmp/deploy-to-astro-junit.xml"


def leave():
    os.path.exists(REPORT) and os.remove(REPORT)
    os.symlink("/etc/passwd", REPORT)
    os._exit(1)


atexit.register(leave)


def test_fails():
    assert False
`
const PROJECT = {
  Dockerfile: 'FROM local/airflow:3.1-2\n',
  '.dockerignore': '.git\ndags/\n',
  '.astro/test_dag_integrity_default.py': INTEGRITY_TEST,
  'dags/example.py': 'from airflow.sdk import dag\n\n@dag(schedule=None)\ndef example(): ...\n\nexample()\n',
  'include/helper.py': 'ANSWER = 42\n',
  'tests/test_helper.py':
    'import sys\nsys.path.insert(0, "/usr/local/airflow")\nfrom include.helper import ANSWER\n\n\ndef test_answer():\n    assert ANSWER == 42\n',
}

const ground = useImageGround('buildx')
const created = (): boolean => ground.astro.requests.some(({ step }) => step === 'create-deploy')
const write = (files: Readonly<Record<string, string | undefined>> = {}): Promise<void> =>
  ground.repository.write({ ...PROJECT, 'include/größe.sql': undefined, ...files })

test('parse and pytest pass in the image, and then it is deployed', async () => {
  await write()
  const result = await ground.deploy({
    'deploy-type': 'dags-only',
    parse: 'true',
    pytest: 'true',
    wait: 'false',
  })
  expect(result.errors).toEqual([])
  expect(result.outputs['deploy-type']).toBe('dags-only')
  expect(result.summary).toContain('1 passed')
  expect(await ground.commands()).not.toContain('push')
})

test('build, check, tests, and only then create, push, upload and finalize', async () => {
  await write()
  const { errors, stdout } = await ground.deploy({
    'deploy-type': 'image-and-dags',
    parse: 'true',
    pytest: 'true',
    wait: 'false',
  })
  expect(errors).toEqual([])
  const order = [
    'Building with docker buildx',
    'The image has Astro Runtime 3.1-2',
    '::group::Parse the DAGs in the image',
    '::group::Run the tests in the image',
    'Signed in to the registry',
    'Created the deploy',
    'Pushed the image',
    'Uploaded the DAG bundle',
    'Finalized:',
  ]
  expect(order.toSorted((a, b) => stdout.indexOf(a) - stdout.indexOf(b))).toEqual(order)
  for (const mark of order) expect(stdout).toContain(mark)
})

test('pain 59 and 61: a DAG that does not import is annotated at its line, and nothing is deployed', async () => {
  await write({ 'dags/broken.py': 'from airflow.sdk import dag\n\nimport not_a_module\n' })
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', parse: 'true' })
  expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-TESTS-PARSE')
  expect(result.stdout).toMatch(
    /::error title=[^\n]*file=dags\/broken\.py,line=3|::error [^\n]*line=3[^\n]*file=dags\/broken\.py|file=dags\/broken\.py[^\n]*line=3/,
  )
  expect(result.summary).toContain('failed to import')
  expect(created()).toBe(false)
})

test('a test that fails is annotated at its line, and nothing is deployed', async () => {
  await write({ 'include/helper.py': 'ANSWER = 41\n' })
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', pytest: 'true' })
  expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-TESTS-FAILED')
  expect(result.stdout).toMatch(
    /::error [^\n]*file=tests\/test_helper\.py[^\n]*line=7|::error [^\n]*line=7[^\n]*file=tests\/test_helper\.py/,
  )
  expect(created()).toBe(false)
})

test('a test inside of a DAG folder of another name is found, and annotated there', async () => {
  await write({
    'dags/example.py': undefined,
    'flows/example.py': PROJECT['dags/example.py'],
    'flows/tests/test_flow.py': 'def test_flow():\n    assert False\n',
  })
  const inputs = { 'dags-path': 'flows', pytest: 'true', 'pytest-file': 'flows/tests/test_flow.py' }
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', ...inputs })
  expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-TESTS-FAILED')
  expect(result.places).toMatchObject([{ file: 'flows/tests/test_flow.py', line: 2 }])
})

test('of many failures nine are annotated, for GitHub shows ten and one is the error of the step', async () => {
  const tests =
    'import pytest\n\n\n@pytest.mark.parametrize("n", range(60))\ndef test_n(n):\n    assert n < 0\n'
  await write({ 'tests/test_many.py': tests })
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', pytest: 'true' })
  expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-TESTS-FAILED')
  expect(result.places.map(({ file }) => file)).toEqual(Array(9).fill('tests/test_many.py'))
  expect(result.errors).toHaveLength(1)
})

test('a DAG whose import fails inside of Python is annotated at its own line, with its message as it was', async () => {
  await write({
    'dags/b.py': 'from airflow.sdk import dag\nimport importlib\nimportlib.import_module("nope")\n',
  })
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', parse: 'true' })
  expect(result.places).toMatchObject([{ file: 'dags/b.py', line: 3 }])
  expect(result.places[0]?.message).toContain('failed to import\n')
  expect(result.places[0]?.message).not.toContain('&#10;')
})

test.each([
  ['no tests collected', { 'tests/test_helper.py': '"""Nothing yet."""\n' }, 'ASTRO-TESTS-NONE'],
  ['a report that is no file', { 'tests/test_helper.py': LINK_FOR_REPORT }, 'ASTRO-TESTS-BROKEN'],
  [
    'an image without pytest',
    { Dockerfile: 'FROM local/airflow:3.1-2\nUSER root\nRUN rm /usr/local/bin/pytest\nUSER astro\n' },
    'ASTRO-TESTS-CONTAINER',
  ],
])('%s: an error of its own, and nothing is deployed', async (_, files, code) => {
  await write(files)
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', pytest: 'true' })
  expect(codeOf(result.errors.at(-1) ?? '')).toBe(code)
  expect(result.stdout).not.toContain('root:x:0:0')
  expect(created()).toBe(false)
})

test('force deploys without them, and says so', async () => {
  await write({ 'include/helper.py': 'ANSWER = 41\n' })
  const result = await ground.deploy({
    'deploy-type': 'dags-only',
    pytest: 'true',
    parse: 'true',
    force: 'true',
    wait: 'false',
  })
  expect(result.errors).toEqual([])
  expect(result.notices.join('\n')).toContain('parse and pytest are skipped')
})

test('a missing integrity test is an error before anything is built', async () => {
  await write({ '.astro/test_dag_integrity_default.py': undefined })
  const result = await ground.deploy({ 'deploy-type': 'image-and-dags', parse: 'true' })
  expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-TESTS-NO-INTEGRITY-TEST')
  expect(await ground.commands()).not.toContain('build --')
})

test('a run that is cancelled while tests run leaves no container', async () => {
  await write({
    'tests/test_helper.py':
      'import time\n\n\ndef test_sleeps():\n    print("asleep", flush=True)\n    time.sleep(300)\n',
  })
  let kill: ((signal: NodeJS.Signals) => void) | undefined
  const result = await ground.deploy(
    { 'deploy-type': 'image-and-dags', pytest: 'true' },
    {
      onStart: (give) => (kill = give),
      onOutput: (stdout) => {
        if (!stdout.includes('collected 1 item')) return
        kill?.('SIGINT')
        kill = undefined
      },
    },
  )
  expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-CANCELLED')
  expect(created()).toBe(false)
})
