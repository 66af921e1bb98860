/** An IPv4 address, or an IPv6 one that may stand in brackets; a port may follow. */
const ADDRESS = /^(?:(\d+(?:\.\d+){3})|\[?([\da-f:.]+)\]?)(?::\d+)?$/i;
/** Most addresses: IPv4 as it is answered. */
const PLAIN = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** Characters of the longest address, with brackets, port and spaces. */
const MAX_LENGTH = 64;
/** IPv4 as IPv6: the same client, whichever way the proxy writes it. */
const MAPPED = "[::ffff:";

/**
 * Whom a header of a trusted proxy names: an IPv4 address, or the /64 network that an IPv6 address is in, which is one customer's. Of a
 * list (`X-Forwarded-For`) each proxy has added an entry at the end; those before are the client's own words.
 *
 * @param header an address or a comma-separated list
 * @param hops how many entries at the end are proxies'
 * @returns `192.0.2.1` or `2001:db8:0:1::/64`; `null` where the entry is no address or the list is too short: it is never guessed
 */
export function clientAddress(header: string, hops = 0): string | null {
  let end = header.length;
  for (let hop = 0; hop < hops; hop += 1) {
    end = header.lastIndexOf(",", end - 1);
    if (end <= 0) return null;
  }
  const entry = header.slice(header.lastIndexOf(",", end - 1) + 1, end);
  return entry.length <= MAX_LENGTH ? normalize(entry.trim()) : null;
}

function normalize(text: string): string | null {
  if (PLAIN.test(text)) return text;
  const [, v4, v6] = ADDRESS.exec(text) ?? [];
  const host = URL.parse(`http://${v4 ? `${MAPPED}${v4}]` : `[${v6}]`}`)?.hostname;
  if (!host) return null;
  const [head = [], tail = []] = host
    .slice(1, -1)
    .split("::")
    .map((part) => (part === "" ? [] : part.split(":")));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  if (!host.startsWith(MAPPED)) return `${groups.slice(0, 4).join(":")}::/64`;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .map((pair) => `${pair >> 8}.${pair & 255}`)
    .join(".");
}
