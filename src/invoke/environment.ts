/**
 * The environment of a plugin: an allow-list, so that what concerns the host alone stays there, plus what the operator
 * adds. Values pass unchanged.
 */

/** What the operator adds. */
export interface EnvironmentSettings {
  /** Names of variables to pass as well; one that ends in `*` stands for all that begin so. */
  readonly pass?: readonly string[] | undefined
  /** Variables to set, in the place of any value passed. */
  readonly set?: Readonly<Record<string, string>> | undefined
}

/**
 * What plugins legitimately need: to find programs, a home and a place for temporary files; who runs them; language and
 * time zone of their messages; the runtime directories where sockets and other state of this host are; and the way to a storage
 * server behind a proxy.
 *
 * Left out on purpose, since each makes every plugin run other code or slows all of them down: LD_PRELOAD,
 * LD_LIBRARY_PATH, PYTHONPATH, PERL5LIB, BASH_ENV, NODE_OPTIONS, NODE_EXTRA_CA_CERTS. Left out since they belong to the
 * host's own service: NOTIFY_SOCKET, LISTEN_FDS, INVOCATION_ID. Credentials (KRB5CCNAME, CEPH_ARGS…) are for the
 * operator to pass.
 */
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'SMAPIV3_RUN_DIR',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
]

/** Storage tools are in the sbin directories, also where the host is started without a PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The environment that a plugin is run with. */
export function pluginEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  { pass = [], set = {} }: EnvironmentSettings = {},
): Record<string, string> {
  const patterns = [...PASSED, ...pass]
  const environment: Record<string, string> = { PATH: DEFAULT_PATH }
  for (const [name, value] of Object.entries(host)) {
    if (value !== undefined && patterns.some((pattern) => matches(name, pattern))) environment[name] = value
  }
  return { ...environment, ...set }
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
