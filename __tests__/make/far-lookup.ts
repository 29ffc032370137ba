/** Imported before the bundle: names that end in `.test` have the addresses of a far host. */
import dns from 'node:dns'
import { FAR_ADDRESSES } from './far-host.ts'

type Callback = (error: Error | null, found: unknown) => void
const real = dns.lookup as (name: string, options: object, callback: Callback) => void

dns.lookup = ((name: string, options: object, callback: Callback) => {
  if (name.endsWith('.test')) callback(null, FAR_ADDRESSES)
  else real(name, options, callback)
}) as unknown as typeof dns.lookup
