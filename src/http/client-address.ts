import type { Context } from "hono";
import { clientAddress } from "../domain/visitors/address.ts";
import type { AppConfig } from "./config.ts";
import { memoize } from "./memo.ts";

/** Answers a request's client: an IPv4 address or an IPv6 network; `null` where it is not known. */
export type ClientAddress = (c: Context) => string | null;

/** The word in place of a header's name for the connection's own address. */
export const SOCKET = "socket";

/**
 * Finds the client by the one source that is trusted: a header of a proxy, or the connection.
 *
 * @param socketAddress the connection's address; `null` where the platform does not tell
 */
export function createClientAddress(
  { clientIpHeader, clientIpHops }: Pick<AppConfig, "clientIpHeader" | "clientIpHops">,
  socketAddress: ClientAddress,
): ClientAddress {
  if (clientIpHeader === null) return () => null;
  const addressOf = memoize((text) => clientAddress(text, clientIpHops));
  const read: ClientAddress = clientIpHeader === SOCKET ? socketAddress : (c) => c.req.raw.headers.get(clientIpHeader);
  return (c) => {
    const text = read(c);
    return text === null ? null : addressOf(text);
  };
}
