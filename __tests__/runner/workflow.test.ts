import { describe, expect, test } from '@jest/globals'
import { firstWorkflow, foreignAction, namesIn } from './workflow.ts'

const workflow = (...steps: string[]): string =>
  ['jobs:', '  deploy:', '    steps:', ...steps.map((step) => `      - ${step}`)].join('\n')

describe('firstWorkflow', () => {
  test('is the first block of YAML, without its fences', () => {
    const readme = '# T\n```sh\nnpm ci\n```\n\n```yaml\non: push\njobs: {}\n```\n\n```yaml\nother: 1\n```\n'
    expect(firstWorkflow(readme)).toBe('on: push\njobs: {}\n')
  })

  test('a README without YAML is an error', () => {
    expect(() => firstWorkflow('# T\n```sh\nnpm ci\n```\n')).toThrow('no block of YAML')
  })
})

describe('foreignAction', () => {
  test.each([
    ['o/deploy@v1', 'v1'],
    [
      'o/deploy@0123456789abcdef0123456789abcdef01234567 # v1.0.0',
      '0123456789abcdef0123456789abcdef01234567',
    ],
  ])('takes %s apart', (uses, ref) => {
    const text = workflow('uses: actions/checkout@v7', `uses: ${uses}`, 'run: echo')
    expect(foreignAction(text)).toEqual({ repository: 'o/deploy', ref })
  })

  test.each([
    ['none', ['uses: actions/checkout@v7', 'run: echo']],
    ['two', ['uses: o/deploy@v1', 'uses: o/other@v1']],
    ['one without a ref', ['uses: o/deploy']],
  ])('%s is an error', (_, steps) => {
    expect(() => foreignAction(workflow(...steps))).toThrow('should use one action')
  })
})

test('namesIn lists each name of a context once, and only from expressions', () => {
  const text = workflow(
    'run: echo secrets.NOT_THIS',
    'env: { A: "${{ secrets.KEY }}", B: "${{ vars.ID || secrets.OTHER }}", C: "${{ secrets.KEY }}" }',
  )
  expect(namesIn('secrets', text)).toEqual(['KEY', 'OTHER'])
  expect(namesIn('vars', text)).toEqual(['ID'])
})
