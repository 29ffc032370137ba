import { expect, test } from '@jest/globals'
import { parseBuildArgs, parseBuildSecrets } from '../../src/inputs/build.ts'

test.each<[string, unknown]>([
  ['', []],
  ['A=1', [{ name: 'A', value: '1' }]],
  [
    'A=1,B=2',
    [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ],
  ],
  ['A=1,2,3', [{ name: 'A', value: '1,2,3' }]],
  [
    'A=x,B=y\nC',
    [
      { name: 'A', value: 'x,B=y' },
      { name: 'C', value: undefined },
    ],
  ],
  ['A=', [{ name: 'A', value: '' }]],
])('build arguments: %j', (text, value) => {
  expect(parseBuildArgs(text)).toEqual({ value })
})

test.each<[string, unknown]>([
  ['id=a,src=f', [{ id: 'a', file: 'f' }]],
  [
    'id=a,source=f,id=b,env=X',
    [
      { id: 'a', file: 'f' },
      { id: 'b', env: 'X' },
    ],
  ],
  [
    'type=env,id=a\nid=b,type=file',
    [
      { id: 'a', env: 'a' },
      { id: 'b', file: 'b' },
    ],
  ],
])('build secrets: %j', (text, value) => {
  expect(parseBuildSecrets(text)).toEqual({ value })
})

test('a value in place of a name is refused, and not repeated', () => {
  for (const parsed of [parseBuildSecrets('token=hunter2'), parseBuildArgs('1 hunter2')]) {
    expect(parsed).toHaveProperty('problem')
    expect(JSON.stringify(parsed)).not.toContain('hunter2')
  }
})
