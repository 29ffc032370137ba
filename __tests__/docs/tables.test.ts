import { describe, expect, test } from '@jest/globals'
import { parseAction, withTables } from './tables.ts'

const action = parseAction(`
inputs:
  key-id: { description: "Either a | b,\\n  or c.", required: true }
  wait: { description: Whether to wait., default: true }
  note: { description: Any text., default: '' }
outputs:
  deploy-id: { description: The deploy. }
`)

const withMarkers =
  '# Title\n<!-- inputs -->old<!-- /inputs -->\ntext\n<!-- outputs -->\n<!-- /outputs -->\nend\n'

describe('withTables', () => {
  test('writes both tables between their markers and leaves the rest alone', () => {
    expect(withTables(withMarkers, action)).toBe(`# Title
<!-- inputs -->

<!-- prettier-ignore-start -->
| Input | Default | What it is |
| --- | --- | --- |
| \`key-id\` | required | Either a \\| b, or c. |
| \`wait\` | \`true\` | Whether to wait. |
| \`note\` |  | Any text. |
<!-- prettier-ignore-end -->

<!-- /inputs -->
text
<!-- outputs -->

<!-- prettier-ignore-start -->
| Output | What it is |
| --- | --- |
| \`deploy-id\` | The deploy. |
<!-- prettier-ignore-end -->

<!-- /outputs -->
end
`)
  })

  test('changes nothing the second time', () => {
    const once = withTables(withMarkers, action)
    expect(withTables(once, action)).toBe(once)
  })

  test.each(['<!-- inputs -->', '<!-- /inputs -->', '<!-- outputs -->', '<!-- /outputs -->'])(
    'says so when %s is missing',
    (marker) => {
      expect(() => withTables(withMarkers.replace(marker, ''), action)).toThrow('lacks the markers')
    },
  )
})

test('an action without outputs is refused', () => {
  expect(() => parseAction('inputs: { a: {} }')).toThrow('no inputs or no outputs')
})
