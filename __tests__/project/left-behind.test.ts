import { expect, test } from '@jest/globals'
import { readDockerIgnore } from '../../src/project/docker-ignore.ts'
import { isCredentialFile, withoutCredentialFiles } from '../../src/project/left-behind.ts'

const ignores = readDockerIgnore(withoutCredentialFiles('*.md\n!gha-creds-*\n'))

test.each([
  ['gha-creds-0123456789abcdef.json', true],
  ['dags/sub/gha-creds-0123456789abcdef.json', true],
  ['gha-kubeconfig-0123456789abcdef', true],
  ['oc-kubeconfig.yaml', true],
  ['gha-creds.json', false],
  ['my-gha-creds-x.json', false],
  ['gha-creds-x.json/a.py', false],
  ['dags/creds.json', false],
  ['kubeconfig.yaml', false],
])('%s is left behind by another action: %s', (file, is) => {
  expect(isCredentialFile(file)).toBe(is)
  if (!file.includes('.json/')) expect(ignores(file)).toBe(is)
})
