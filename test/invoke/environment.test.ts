import { expect, test } from 'vitest'
import { pluginEnvironment } from '../../src/invoke/environment.ts'

const HOST = {
  PATH: '/usr/bin:/opt/my tools/bin',
  HOME: '/root',
  LANG: 'de_CH.UTF-8',
  LC_NUMERIC: 'C',
  TZ: 'Europe/Zurich',
  https_proxy: 'http://proxy:3128',
  EMPTY: undefined,
  LD_PRELOAD: '/lib/evil.so',
  NODE_EXTRA_CA_CERTS: '/ca.pem',
  NODE_OPTIONS: '--inspect',
  PYTHONPATH: '/lib',
  NOTIFY_SOCKET: '/run/notify',
  CEPH_ARGS: '--id xen',
  CEPH_CONF: '/etc/ceph.conf',
}

test('what a plugin needs passes unchanged, the rest does not', () => {
  const { PATH, HOME, LANG, LC_NUMERIC, TZ, https_proxy } = HOST
  expect(pluginEnvironment(HOST)).toEqual({ PATH, HOME, LANG, LC_NUMERIC, TZ, https_proxy })
})

test('the operator passes more, by name or by how the name begins', () => {
  expect(pluginEnvironment(HOST, { pass: ['CEPH_*', 'PYTHONPATH', 'EMPTY'] })).toMatchObject({
    CEPH_ARGS: '--id xen',
    CEPH_CONF: '/etc/ceph.conf',
    PYTHONPATH: '/lib',
  })
  expect(pluginEnvironment(HOST, { pass: ['CEPH'] })).not.toHaveProperty('CEPH_ARGS')
})

test('the operator’s values win', () => {
  expect(pluginEnvironment(HOST, { set: { PATH: '/opt/bin', NEW: ' a b ' } })).toMatchObject({
    PATH: '/opt/bin',
    NEW: ' a b ',
  })
})

test('without a PATH there is one with the sbin directories', () => {
  expect(pluginEnvironment({}).PATH?.split(':')).toContain('/usr/sbin')
})
