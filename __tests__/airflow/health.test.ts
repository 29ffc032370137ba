import { expect, test } from '@jest/globals'
import { judgeParser } from '../../src/airflow/health.ts'
import type { ComponentHealth } from '../../src/airflow/types.ts'

const NOW = Date.UTC(2026, 0, 1)
const component = (name: string, status: string | undefined, ageMs?: number): ComponentHealth => ({
  component: name,
  status,
  heartbeatAt: ageMs === undefined ? undefined : NOW - ageMs,
})
const database = component('metadatabase', 'healthy')

test.each<[string, 2 | 3, readonly ComponentHealth[], boolean | undefined, string]>([
  ['runs', 3, [component('dag_processor', 'healthy', 4_000)], false, 'The DAG processor runs; its last heartbeat was 4 s ago.'],
  ['is unhealthy', 3, [component('dag_processor', 'unhealthy', 300_000)], true, 'The DAG processor is down: Airflow calls it unhealthy; its last heartbeat was 5 min ago.'],
  ['has an old heartbeat', 3, [component('dag_processor', 'healthy', 61_000)], true, 'The DAG processor seems to be down; its last heartbeat was 61 s ago.'],
  ['never started', 3, [component('dag_processor', undefined)], true, 'Airflow knows of no DAG processor: none has started.'],
  ['tells no heartbeat', 3, [component('dag_processor', 'healthy')], false, 'The DAG processor runs.'],
  ['is the scheduler in Airflow 2', 2, [component('scheduler', 'unhealthy', 90_000), component('dag_processor', undefined)], true, 'The scheduler is down: Airflow calls it unhealthy; its last heartbeat was 90 s ago.'],
  ['is the DAG processor in Airflow 2 where one runs', 2, [component('scheduler', 'healthy', 1_000), component('dag_processor', 'unhealthy')], true, 'The DAG processor is down: Airflow calls it unhealthy.'],
  ['has no database', 3, [component('metadatabase', 'unhealthy'), component('dag_processor', 'healthy', 1_000)], true, 'The metadata database is down: Airflow calls it unhealthy.'],
])('what parses %s', (_, major, components, isDown, words) => {
  const parser = judgeParser(major, { components: [database, ...components].reverse(), serverTime: NOW })
  expect([parser?.isDown, parser?.words]).toEqual([isDown, words])
}) // prettier-ignore

test('an answer that does not speak of it is no answer', () => {
  expect(
    judgeParser(3, { components: [component('scheduler', 'healthy', 0)], serverTime: NOW }),
  ).toBeUndefined()
  expect(judgeParser(2, { components: [], serverTime: undefined })).toBeUndefined()
})
