import { describe, expect, test } from '@jest/globals'
import { readProxies } from '../../src/http/proxy.ts'

const astro = new URL('https://api.astronomer.io/v1')
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

describe('the proxy for a request', () => {
  const proxy = { isSecure: false, host: '10.0.0.5', port: 3128, authorization: undefined }

  test.each<[string, Record<string, string>]>([
    ['https_proxy', { https_proxy: 'http://10.0.0.5:3128' }],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://10.0.0.5:3128' }],
    ['all_proxy', { all_proxy: 'http://10.0.0.5:3128' }],
    ['ALL_PROXY', { ALL_PROXY: 'http://10.0.0.5:3128' }],
    ['the lower case one before the other', { https_proxy: '10.0.0.5:3128', HTTPS_PROXY: 'http://other:1' }],
    ['its own one before that for all', { HTTPS_PROXY: '10.0.0.5:3128', all_proxy: 'http://other:1' }],
    ['an empty one as if it were not there', { https_proxy: ' ', HTTPS_PROXY: '10.0.0.5:3128' }],
    ['no scheme', { https_proxy: '10.0.0.5:3128' }],
    ['blanks around it', { https_proxy: ' http://10.0.0.5:3128\n' }],
    ['a path, which means nothing', { https_proxy: 'http://10.0.0.5:3128/' }],
    ['a scheme in capitals', { https_proxy: 'HTTP://10.0.0.5:3128' }],
  ])('comes from the environment: %s', (_, env) => {
    const { proxyFor, problems } = readProxies(env)
    expect(problems).toEqual([])
    expect(proxyFor(astro)).toEqual(proxy)
  })

  test.each([
    ['proxy.corp', { host: 'proxy.corp', port: 1080 }],
    ['https://proxy.corp', { isSecure: true, host: 'proxy.corp', port: 443 }],
    ['localhost:3128', { host: 'localhost', port: 3128 }],
    ['[fd00::1]:3128', { host: 'fd00::1', port: 3128 }],
    ['http://me:secret@proxy.corp:80', { port: 80, authorization: basic('me:secret') }],
    ['me:secret@proxy.corp:80', { host: 'proxy.corp', authorization: basic('me:secret') }],
    ['http://me@proxy.corp:80', { authorization: basic('me:') }],
    ['http://m%40e:p%3Aw@proxy.corp:80', { authorization: basic('m@e:p:w') }],
    ['http://me:50%off@proxy.corp:80', { authorization: basic('me:50%off') }],
    ['http://me:100%@proxy.corp:80', { authorization: basic('me:100%') }],
    [
      'http://CORP\\alice:secret@proxy.corp:80',
      { host: 'proxy.corp', authorization: basic('CORP\\alice:secret') },
    ],
    ['http://me:a%zz@b@proxy.corp:80', { host: 'proxy.corp', authorization: basic('me:a%zz@b') }],
    ['http://me:p%C3%A4ss@proxy.corp:80', { authorization: basic('me:päss') }],
  ])('%s', (value, expected) => {
    const { proxyFor, problems } = readProxies({ https_proxy: value })
    expect(problems).toEqual([])
    expect(proxyFor(astro)).toMatchObject(expected)
  })

  test('of plain http is not that of https, and never the one in capitals, which a request may set', () => {
    const plain = new URL('http://github.corp/api/v3')
    expect(readProxies({ https_proxy: 'a:1', HTTP_PROXY: 'b:2' }).proxyFor(plain)).toBeUndefined()
    expect(readProxies({ http_proxy: 'b:2' }).proxyFor(plain)).toMatchObject({ host: 'b', port: 2 })
    expect(readProxies({ http_proxy: 'b:2' }).proxyFor(astro)).toBeUndefined()
  })

  test.each(['http://localhost:1', 'http://127.0.0.1:1', 'https://127.8.9.1', 'https://[::1]:2'])(
    'is none for this machine itself: %s',
    (url) => {
      expect(readProxies({ all_proxy: 'proxy:1' }).proxyFor(new URL(url))).toBeUndefined()
    },
  )
})

test('credentials are told as secrets, as they stand and decoded', () => {
  const { secrets } = readProxies({ https_proxy: 'http://me:p%40ssw0rd@proxy.corp:80' })
  expect(secrets).toEqual(expect.arrayContaining(['me:p%40ssw0rd', 'p%40ssw0rd', 'p@ssw0rd', 'me:p@ssw0rd']))
})

describe('what cannot be used is a problem that names the variable and not its value', () => {
  test.each([
    ['https_proxy', 'http://h7f3:99999'],
    ['HTTPS_PROXY', 'h7f3:0'],
    ['https_proxy', 'h7f3:port'],
    ['https_proxy', 'http://'],
    ['https_proxy', 'http://:3128'],
    ['https_proxy', 'http://h7f3 h:1'],
    ['https_proxy', 'http://me:h7f3#x@proxy:1'],
    ['https_proxy', 'http://[h7f3]:1'],
    ['https_proxy', 'http://bob:17f3#rest@proxy:3128'],
    ['https_proxy', 'http://bob:17f3/rest@proxy:3128'],
    ['https_proxy', '"http://h7f3:3128"'],
    ['https_proxy', 'http:/h7f3:3128'],
    ['https_proxy', 'fd00::7f3:3128'],
    ['ALL_PROXY', 'socks5://h7f3:1080'],
    ['all_proxy', 'ftp://h7f3'],
    ['http_proxy', 'http://h7f3:99999'],
  ])('%s=%s', (name, value) => {
    const { problems, secrets } = readProxies({ [name]: value })
    expect(problems).toMatchObject([{ code: 'ASTRO-INPUT-PROXY', input: name }])
    expect(JSON.stringify(problems)).not.toContain('7f3')
    expect(secrets).toEqual([])
  })

  test('once, when the same one is for http and https', () => {
    expect(readProxies({ all_proxy: 'socks5://x' }).problems).toHaveLength(1)
  })

  test('not when another one comes first', () => {
    expect(readProxies({ https_proxy: 'a:1', http_proxy: 'a:1', ALL_PROXY: 'socks5://x' }).problems).toEqual(
      [],
    )
  })
})

describe('no_proxy', () => {
  const isExcepted = (list: string, url: string, name = 'no_proxy'): boolean =>
    readProxies({ https_proxy: 'proxy:1', [name]: list }).proxyFor(new URL(url)) === undefined

  test.each([
    ['*', 'https://api.astronomer.io'],
    ['*:443', 'https://api.astronomer.io'],
    ['astronomer.io', 'https://astronomer.io'],
    ['astronomer.io', 'https://api.astronomer.io'],
    ['.astronomer.io', 'https://api.astronomer.io'],
    ['.astronomer.io', 'https://astronomer.io'],
    ['*.astronomer.io', 'https://api.astronomer.io'],
    ['*.astronomer.io', 'https://a.b.astronomer.io'],
    ['AstronomEr.IO', 'https://API.astronomer.io'],
    ['api.astronomer.io.', 'https://api.astronomer.io'],
    ['api.astronomer.io', 'https://api.astronomer.io.'],
    ['api.astronomer.io:443', 'https://api.astronomer.io'],
    ['*.astronomer.io:8443', 'https://api.astronomer.io:8443'],
    ['one.test,two.test', 'https://two.test'],
    [' one.test ,\ttwo.test ', 'https://two.test'],
    ['one.test two.test', 'https://two.test'],
    [',,two.test,', 'https://two.test'],
    ['10.0.0.0/8', 'https://10.20.30.40'],
    ['10.20.30.40', 'https://10.20.30.40'],
    ['10.20.30.40:8443', 'https://10.20.30.40:8443'],
    ['fd00::/8', 'https://[fd00::1]'],
    ['[fd00::]/8', 'https://[fd00::1]'],
    ['fd00::1', 'https://[fd00:0::1]'],
    ['[fd00::1]', 'https://[fd00::1]:8443'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443'],
  ])('%j excepts %s', (list, url) => {
    expect(isExcepted(list, url)).toBe(true)
  })

  test.each([
    ['', 'https://api.astronomer.io'],
    ['stronomer.io', 'https://astronomer.io'],
    ['api.astronomer.io', 'https://astronomer.io'],
    ['api.astronomer.io:8443', 'https://api.astronomer.io'],
    ['api.astronomer.io:443', 'https://api.astronomer.io:8443'],
    ['10.0.0.0/8', 'https://11.0.0.1'],
    ['10.0.0.0/8', 'https://ten.test'],
    ['10.0.0.0/99', 'https://10.0.0.1'],
    ['10.0.0.0/', 'https://192.168.1.1'],
    ['*:8443', 'https://api.astronomer.io'],
    ['0.0.1', 'https://10.0.0.1'],
    ['fd00::1', 'https://[fd00::2]'],
    ['.', 'https://api.astronomer.io'],
    ['*.', 'https://api.astronomer.io'],
  ])('%j does not except %s', (list, url) => {
    expect(isExcepted(list, url)).toBe(false)
  })

  test('counts in capitals as well, when the other one is not set', () => {
    expect(isExcepted('two.test', 'https://two.test', 'NO_PROXY')).toBe(true)
    const { proxyFor } = readProxies({ https_proxy: 'p:1', no_proxy: 'one.test', NO_PROXY: 'two.test' })
    expect(proxyFor(new URL('https://two.test'))).toBeDefined()
  })
})
