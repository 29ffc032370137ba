import { expect, test } from '@jest/globals'
import { outline } from '../../src/check/outline.ts'

test('leaves out what does not run when a file is loaded, and moves no line', () => {
  const source = `import a  # (
def f(x='''
)''', y=")"):
    """Doc (
no indent
    """
    import b

# comment
    import c
with d(
    x,
):
    import e
    if e:
        import f
    elif g: import h
\tx = 1; import i
else_ = "\\"("
class A: import j
import k \\
    as l
`
  const lines = outline(source).split('\n')
  expect(lines).toHaveLength(source.split('\n').length)
  const given = source.split('\n')
  lines.forEach((line, at) => expect([line, '']).toContain(line === '' ? '' : given[at]))
  expect(lines.filter((line) => line !== '')).toEqual([
    'import a  # (',
    "def f(x='''",
    `)''', y=")"):`,
    'with d(',
    '    x,',
    '):',
    '    import e',
    '    if e:',
    '    elif g: import h',
    'else_ = "\\"("',
    'class A: import j',
    'import k \\',
    '    as l',
  ])
})
