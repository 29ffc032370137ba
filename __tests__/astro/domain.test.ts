import { expect, test } from '@jest/globals'
import { parseDomain } from '../../src/astro/domain.ts'

test.each([
  ['', 'https://api.astronomer.io', 'https://cloud.astronomer.io'],
  ['astronomer.io', 'https://api.astronomer.io', 'https://cloud.astronomer.io'],
  ['cloud.astronomer.io', 'https://api.astronomer.io', 'https://cloud.astronomer.io'],
  ['https://cloud.astronomer.io/', 'https://api.astronomer.io', 'https://cloud.astronomer.io'],
  ['https://api.astronomer.io', 'https://api.astronomer.io', 'https://cloud.astronomer.io'],
  ['astronomer-stage.io', 'https://api.astronomer-stage.io', 'https://cloud.astronomer-stage.io'],
  ['pr1234.astronomer-dev.io', 'https://pr1234.api.astronomer-dev.io', 'https://cloud.astronomer-dev.io'],
  ['localhost', 'http://localhost:8888', 'http://localhost:8888'],
  ['http://127.0.0.1:4000', 'http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
  ['http://[::1]:4000/', 'http://[::1]:4000', 'http://[::1]:4000'],
  ['https://astro.example:8443', 'https://astro.example:8443', 'https://astro.example:8443'],
])('%j', (text, apiOrigin, uiOrigin) => expect(parseDomain(text)).toEqual({ apiOrigin, uiOrigin }))

test.each([
  ['http://astro.example', 'in clear'],
  ['http://127.0.0.1.evil.example', 'in clear'],
  ['astro.example', 'not an Astro domain'],
  ['evilastronomer.io', 'not an Astro domain'],
  ['https://user:pass@astro.example', 'user name'],
  ['https://astro.example/path', 'more than an origin'],
  ['ftp://astro.example', 'in clear'],
  ['https://', 'not an Astro domain'],
  ['https://exa mple', 'not a URL'],
  [`https://${'a'.repeat(300)}.example`, 'longer than any domain'],
])('%j is refused', (text, words) => expect(parseDomain(text)).toContain(words))
