/** What a person sees of a step's output in GitHub's log: commands obeyed, masked values hidden from then on. */
export function renderLog(stdout: string): string {
  const lines: string[] = []
  createLiveView((line) => lines.push(line))(`${stdout}\n`)
  return lines.join('\n')
}

/** The same while the step runs: takes all that was written so far, and shows the complete lines that are new. */
export function createLiveView(show: (line: string) => void): (stdout: string) => void {
  const masked: string[] = []
  let indent = ''
  let read = 0

  function view(line: string): void {
    const [, command, text = ''] = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? []
    if (command === 'add-mask') masked.push(decode(text))
    else if (command === 'group') {
      print(`▼ ${decode(text)}`)
      indent = '    '
    } else if (command === 'endgroup') indent = ''
    else if (command === 'debug') return
    else if (command) print(`${command.toUpperCase()}: ${decode(text)}`)
    else if (line !== '') print(indent + line)
  }

  function print(line: string): void {
    show(masked.reduce((shown, value) => shown.replaceAll(value, '***'), line))
  }

  return (stdout) => {
    const end = stdout.lastIndexOf('\n') + 1
    for (const line of stdout.slice(read, end).split('\n')) view(line)
    read = Math.max(read, end)
  }
}

function decode(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
