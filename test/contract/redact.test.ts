import { describe, expect, test } from 'vitest'
import { redactParams, redactResult, redactText, redactUri, secretsOf } from '../../src/contract/redact.ts'

const PARAMS = {
  dbg: 'd',
  configuration: {
    uri: 'smb://ann:s3cret%21@server/share?password=hunter2&cache=none',
    username: 'ann',
    password: 'p"w d',
    chappassword: 'chap',
    device: '/dev/sda',
  },
}

describe('a device_config', () => {
  test('loses the values of keys that name a secret, and credentials inside URIs', () => {
    expect(redactParams('SR.attach', PARAMS)).toEqual({
      dbg: 'd',
      configuration: {
        uri: 'smb://ann:***@server/share?password=***&cache=none',
        username: 'ann',
        password: '***',
        chappassword: '***',
        device: '/dev/sda',
      },
    })
  })

  test('tells its secrets, so that they can be removed from what the script printed', () => {
    expect([...secretsOf('SR.attach', PARAMS)].sort()).toEqual(['chap', 'hunter2', 'p"w d', 's3cret!', 's3cret%21'])
  })

  test('loses them in a probe result too', () => {
    const result = [{ configuration: { token: 'abc' }, complete: true, extra_info: { token: 'not marked' } }]
    expect(redactResult('SR.probe', result)).toEqual([
      { configuration: { token: '***' }, complete: true, extra_info: { token: 'not marked' } },
    ])
  })
})

describe('a URI', () => {
  test.each([
    ['rbd://pool/image', 'rbd://pool/image'],
    ['iscsi://user%secret@portal/iqn/1', 'iscsi://user%***@portal/iqn/1'],
    ['nbd://user@host/export', 'nbd://user@host/export'],
    ['https://u:p@h/x?access_key=1;token=2', 'https://u:***@h/x?access_key=***;token=***'],
    ['file:///a/b@c:d', 'file:///a/b@c:d'],
    ['not a uri', 'not a uri'],
  ])('%s', (uri, redacted) => {
    expect(redactUri(uri)).toBe(redacted)
  })

  test('is redacted wherever a volume carries it', () => {
    const volume = { key: 'k', uri: ['smb://a:b@c/d'], keys: { password: 'kept: it is metadata' } }
    expect(redactResult('SR.ls', [volume])).toEqual([{ ...volume, uri: ['smb://a:***@c/d'] }])
    expect(redactParams('Datapath.attach', { dbg: '', uri: 'smb://a:b@c/d', domain: '0' })).toEqual({
      dbg: '',
      uri: 'smb://a:***@c/d',
      domain: '0',
    })
  })
})

test('a secret is removed from text in each form that a script may print it in', () => {
  const text = 'plain p"w d, in JSON "p\\"w d", in a URI p%22w%20d'
  expect(redactText(text, ['p"w d'])).toBe('plain ***, in JSON "***", in a URI ***')
})

test('what is not of the form the schema says is left alone', () => {
  expect(redactParams('SR.attach', null)).toBeNull()
  expect(redactParams('SR.attach', { configuration: [1] })).toEqual({ configuration: [1] })
})

test.each(['?'.repeat(300_000), 'a'.repeat(300_000), '&a'.repeat(150_000), `x://${':'.repeat(300_000)}`])(
  'text made to be slow is not',
  (text) => {
    expect(redactUri(text)).toHaveLength(text.length)
  },
)
