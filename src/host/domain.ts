/**
 * The domain string of a datapath call (SMAPIv3 script protocol, section 11): the domain id itself, except for dom0,
 * which may use a disk several times and is told apart by the id of the use.
 * @param vm decimal domain id, "0" for dom0, or what a migration calls its end
 * @param use id of the use, such as vbd/0/xvda
 */
export function domainOf(vm: string, use: string): string {
  return vm === '0' ? `u0-${use}`.replaceAll(/[/-]/g, '_') : vm
}

/** The control domain's own use, where a caller names no domain. */
export const OWN_DOMAIN = domainOf('0', 'smapiv3')
