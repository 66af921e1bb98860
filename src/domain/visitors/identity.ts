import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { SALT_BYTES } from "./salts.ts";
import { type Place, placeOf } from "./sketch.ts";
import type { Visitor } from "./visitor.ts";

/** Characters of a User-Agent that are looked at: a stranger's header must not cost more. */
const USER_AGENT_LENGTH = 512;
/** More than the longest text of a request has. */
const BUFFER_BYTES = 4_096;

/** Who sent a visit. It is never stored or logged, nor is a hash of it. */
interface Client {
  /** What {@link clientAddress} answers. */
  readonly address: string;
  /** As the header has it; empty where there is none. */
  readonly userAgent: string;
}

/** The visitor that a client is to a page and its site. */
export type Identify = (site: string, page: string, client: Client) => Visitor;

// One buffer for every hash and one for every text: new ones for each visit would take as long as its hashes.
const hash = new Uint8Array(sha256.outputLen);
const words = new DataView(hash.buffer);
const buffer = new Uint8Array(BUFFER_BYTES);
const encoder = new TextEncoder();

/**
 * Tells the visitors of a day apart by HMAC-SHA-256, keyed with the day's salt, over site, address and User-Agent. A page's sketch has
 * a hash of that one and the page's name, so that two sketches cannot be joined. Of a hash only its place in a sketch is kept.
 *
 * @param salt 32 random bytes
 */
export function createIdentify(salt: Uint8Array): Identify {
  if (salt.length !== SALT_BYTES) throw new TypeError(`a salt has ${SALT_BYTES} bytes`);
  const keyed = hmac.create(sha256, salt);
  return (site, page, { address, userAgent }) => {
    // Only the last part can have a NUL: no two sites and clients share a text.
    const text = `${site}\0${address}\0${userAgent.slice(0, USER_AGENT_LENGTH)}`;
    keyed.clone().update(encode(text)).digestInto(hash);
    const onSite = placeOfHash();
    sha256.create().update(hash).update(encode(page)).digestInto(hash);
    const onPage = placeOfHash();
    // The buffers keep nothing of a client.
    hash.fill(0);
    buffer.fill(0);
    return { site: onSite, page: onPage };
  };
}

function encode(text: string): Uint8Array {
  const { read, written } = encoder.encodeInto(text, buffer);
  return read === text.length ? buffer.subarray(0, written) : encoder.encode(text);
}

function placeOfHash(): Place {
  return placeOf(words.getUint32(0), words.getUint32(4));
}
