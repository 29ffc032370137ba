/** What a person sees of a step's output in GitHub's log: commands obeyed, masked values hidden. */
export function renderLog(stdout: string): string {
  const masked: string[] = []
  const shown: string[] = []
  let indent = ''
  for (const line of stdout.split('\n')) {
    const [, command, text = ''] = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? []
    if (command === 'add-mask') masked.push(decode(text))
    else if (command === 'group') {
      shown.push(`▼ ${decode(text)}`)
      indent = '    '
    } else if (command === 'endgroup') indent = ''
    else if (command === 'debug') continue
    else if (command) shown.push(`${command.toUpperCase()}: ${decode(text)}`)
    else if (line !== '') shown.push(indent + line)
  }
  return masked.reduce((log, value) => log.replaceAll(value, '***'), shown.join('\n'))
}

function decode(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
