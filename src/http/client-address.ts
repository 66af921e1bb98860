/** An IPv4 address, or an IPv6 one that may stand in brackets; a port may follow. */
const ADDRESS = /^(?:(\d+(?:\.\d+){3})|\[?([\da-f:.]+)\]?)(?::\d+)?$/i;
/** IPv4 as IPv6: the same client, whichever way the proxy writes it. */
const MAPPED = "::ffff:";

/**
 * Whom a header of a trusted proxy names: an IPv4 address, or the /64 that an IPv6 address is in, which is one customer's. Of a list
 * (`X-Forwarded-For`) the last entry counts, which the proxy itself has added: those before it are the client's own words. `null` where
 * that is no address.
 */
export function clientOf(header: string): string | null {
  const [, v4, v6] = ADDRESS.exec(header.slice(header.lastIndexOf(",") + 1).trim()) ?? [];
  const host = URL.parse(`http://[${v4 ? MAPPED + v4 : v6}]`)?.hostname;
  if (!host || host.startsWith(`[${MAPPED}`)) return host ?? null;
  const [head = [], tail = []] = host
    .slice(1, -1)
    .split("::")
    .map((part) => part.split(":"));
  return [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail].slice(0, 4).join(":");
}
