import { expect, test } from '@jest/globals'
import { airflowApiUrl, airflowMajor, dagRunUrl } from '../../src/airflow/url.ts'

test.each([
  ['3.1.8', 3],
  ['2.10.5+astro.1', 2],
  ['10.0', 10],
  ['NA', undefined],
  ['', undefined],
])('the major of "%s" is %s', (version, major) => {
  expect(airflowMajor(version)).toBe(major)
})

test.each([
  ['https://a.example/d/api/v1', '3.1.8', 'https://a.example/d/api/v2'],
  ['https://a.example/d/api/v2/', '2.11.2', 'https://a.example/d/api/v1'],
  ['https://a.example/d?orgId=1', '3.1.8', 'https://a.example/d/api/v2'],
  ['https://a.example/d/api/v1?x', 'NA', 'https://a.example/d/api/v1'],
])('the API of %s with Airflow %s is at %s', (apiUrl, airflowVersion, url) => {
  expect(airflowApiUrl({ apiUrl, airflowVersion })).toBe(url)
})

test.each([
  [3, 'https://a.example/d?orgId=1', 'https://a.example/d/dags/my.dag/runs/one__1?orgId=1'],
  [2, 'https://a.example/d/?orgId=1', 'https://a.example/d/dags/my.dag/grid?orgId=1&dag_run_id=one__1'],
  [3, 'https://a.example', 'https://a.example/dags/my.dag/runs/one__1'],
  [3, '', undefined],
])('the page of a run in Airflow %i at %s is %s', (major, uiUrl, url) => {
  expect(dagRunUrl(uiUrl, major, 'my.dag', 'one__1')).toBe(url)
})
