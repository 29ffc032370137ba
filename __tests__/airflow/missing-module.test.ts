import { expect, test } from '@jest/globals'
import { explainMissingModule } from '../../src/airflow/missing-module.ts'

const FILES = new Set([
  'módulo.py',
  'team-a/helpers.py',
  'etl.py',
  'helper.py',
  'lib/load.py',
  'team/etl.py',
  'team/common.py',
  'data/a.csv',
])
const ON_ASTRO =
  '  File "/tmp/airflow/dag_bundles/astro/main/dags/2025-11-07T15:28:12.8895389Z/dags/etl.py", line 1'
const missing = (module: string, file = 'etl.py', trace = ON_ASTRO): string | undefined =>
  explainMissingModule({ message: `ModuleNotFoundError: No module named '${module}'`, trace, file }, FILES)

test.each([
  ['beside the DAG', 'helper', 'etl.py', 'from dags.helper import'],
  ['a package of the folder', 'lib', 'etl.py', 'from dags.lib import'],
  ['a module of a package', 'lib.load', 'etl.py', 'from dags.lib.load import'],
  ['beside a DAG in a folder', 'common', 'team/etl.py', 'from dags.team.common import'],
  ['beside it, in other letters', 'módulo', 'etl.py', 'from dags.módulo import'],
  ['of the folder, from one inside', 'helper', 'team/etl.py', 'from dags.helper import'],
])('a module that lies %s gets its right import', (_, module, file, cure) => {
  expect(missing(module, file)).toContain(cure)
})

test.each([
  ['of a package that is not installed', missing('pandas')],
  ['that is misspelt', missing('lib.laod')],
  ['of a folder without code', missing('data')],
  ['in a folder that no import can name', missing('helpers', 'team-a/dag.py')],
  ['written right', missing('dags.nope')],
  [
    'in an image, where the folder is on the path',
    missing('helper', 'etl.py', '  File "/usr/local/airflow/dags/etl.py", line 1'),
  ],
  [
    'that is another error',
    explainMissingModule(
      { message: "ImportError: cannot import name 'helper'", trace: ON_ASTRO, file: 'etl.py' },
      FILES,
    ),
  ],
])('none is given to one %s', (_, cure) => {
  expect(cure).toBeUndefined()
})
