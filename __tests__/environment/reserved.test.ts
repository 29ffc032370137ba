import { expect, test } from '@jest/globals'
import type { VariableChange } from '../../src/environment/plan.ts'
import { reservedEffect, reservedWarning } from '../../src/environment/reserved.ts'

test.each<[string, RegExp | undefined]>([
  ['AIRFLOW__CORE__FERNET_KEY', /cannot read the connections/],
  ['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN', /metadata database/],
  ['AIRFLOW__LOGGING__REMOTE_LOGGING', /task logs/],
  ['AIRFLOW__METRICS__STATSD_ON', /metrics/],
  ['OPENLINEAGE_URL', /lineage/],
  ['AIRFLOW_HOME', /Airflow may not start/],
  ['ASTRONOMER_ENVIRONMENT', /belong to Astro/],
  ['AIRFLOW__CORE__PARALLELISM', /option parallelism of Airflow's section core/],
  ['AIRFLOW__CELERY_BROKER__A_B', /option a_b of Airflow's section celery_broker/],
  ['AIRFLOW_VAR_X', undefined],
  ['AIRFLOW_CONN_MY_DB', undefined],
  ['ASTRO_TOKEN_FOR_MY_DAG', undefined],
  ['DB_HOST', undefined],
])('%s', (key, effect) => {
  if (effect === undefined) expect(reservedEffect(key)).toBeUndefined()
  else expect(reservedEffect(key)).toMatch(effect)
})

test('one warning for all that are set, none for those that go or for free names', () => {
  const change = (key: string, kind: VariableChange['kind']): VariableChange => ({
    key,
    kind,
    isSecret: false,
  })
  const warning = reservedWarning([
    change('AIRFLOW_HOME', 'added'),
    change('DB_HOST', 'changed'),
    change('ASTRONOMER_X', 'changed'),
    change('INSTANCE_TYPE', 'removed'),
  ])
  expect(warning?.split('\n').map((line) => line.split(':')[0])).toEqual([
    'Some environment variables have names that Astro or Airflow reserve',
    '- AIRFLOW_HOME',
    '- ASTRONOMER_X',
  ])
  expect(reservedWarning([change('DB_HOST', 'added')])).toBeUndefined()
})
