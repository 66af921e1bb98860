import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { SALT_BYTES } from "./salts.ts";
import { type Place, placeOf } from "./sketch.ts";

/** Characters of a User-Agent that are looked at: a stranger's header must not cost more. */
const USER_AGENT_LENGTH = 512;

/** Who sent a visit. It is never stored or logged, nor is a hash of it. */
export interface Client {
  /** What {@link clientAddress} answers. */
  readonly address: string;
  /** As the header has it; empty where there is none. */
  readonly userAgent: string;
}

/** Where a client stands in the sketch of a page, or of the whole site (`null`). */
export type Identify = (site: string, page: string | null, client: Client) => Place;

/**
 * Tells the visitors of a day apart by HMAC-SHA-256, keyed with the day's salt, over scope, address and User-Agent. The scope is part
 * of the hash, so that sketches of two pages cannot be joined. Of the hash only its place in a sketch is kept.
 *
 * @param salt 32 random bytes
 */
export function createIdentify(salt: Uint8Array): Identify {
  if (salt.length !== SALT_BYTES) throw new TypeError(`a salt has ${SALT_BYTES} bytes`);
  const keyed = hmac.create(sha256, salt);
  const encoder = new TextEncoder();
  return (site, page, { address, userAgent }) => {
    // Only the last part can have a NUL, and a page's name is never empty: no two scopes and clients share a text.
    const text = [site, page ?? "", address, userAgent.slice(0, USER_AGENT_LENGTH)].join("\0");
    const { buffer, byteOffset } = keyed.clone().update(encoder.encode(text)).digest();
    const halves = new DataView(buffer, byteOffset);
    return placeOf(halves.getUint32(0), halves.getUint32(4));
  };
}
