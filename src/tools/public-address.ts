import ipaddr from 'ipaddr.js';

/** Ranges that are somebody's own network: reachable where the operator says so (EGRESS_ALLOW_PRIVATE). */
const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'uniqueLocal',
  'carrierGradeNat',
]);

/**
 * Whether something outside may be reached at this address. Public is what the registries hand out for use on the
 * internet and nothing else: link-local (where clouds keep their metadata), multicast, tunnels and translated
 * addresses, which could hide any other, are refused even where private ones are allowed.
 * @param address an IP address in any spelling; IPv4 mapped into IPv6 counts as what it maps
 */
export function mayReach(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (allowPrivate && PRIVATE_RANGES.has(range)) return true;
  if (range !== 'unicast') return false;
  // Of IPv6 only 2000::/3 is given out; the rest is reserved, whatever a list of ranges has not heard of yet.
  return parsed instanceof ipaddr.IPv4 || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
}
