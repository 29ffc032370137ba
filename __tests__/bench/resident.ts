import { readFileSync } from 'node:fs'

/**
 * The most memory that this process ever had resident, in MB. Linux passes the `maxRSS` of the parent on to what it
 * starts, so there the process's own mark is read.
 */
export function mostResidentMB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024
  const [, kilobytes = ''] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
