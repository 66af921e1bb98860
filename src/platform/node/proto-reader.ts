import { DELIMITED, VARINT, VARINT_BYTES } from "./proto-writer.ts";

/** What values of the other wire types take, in bytes. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

export class ProtoReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  /** The wire type of a field whose value has not been read. */
  #unread: number | undefined;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** The number of the next field, 0 at the end. A value that was not read is passed over. */
  next(): number {
    if (this.#unread !== undefined) this.#skip(this.#unread);
    this.#unread = undefined;
    if (this.#at >= this.#end) return 0;
    const tag = this.#varint();
    this.#unread = tag & 7;
    return tag >>> 3;
  }

  integer(): number {
    this.#unread = undefined;
    return this.#varint();
  }

  message(): ProtoReader {
    this.#unread = undefined;
    const length = this.#varint();
    this.#at += length;
    return new ProtoReader(this.#bytes, this.#at - length, this.#at);
  }

  #skip(type: number): void {
    if (type === VARINT) this.#varint();
    else if (type === DELIMITED) this.message();
    else this.#at += FIXED[type] ?? this.#refuse(type);
  }

  #refuse(type: number): never {
    throw new TypeError(`a field of wire type ${type}`);
  }

  /** Signed, of 64 bits; right where it is safe. */
  #varint(): number {
    const begin = this.#at;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) break;
    }
    return this.#at - begin < VARINT_BYTES ? value : this.#negative(begin);
  }

  #negative(begin: number): number {
    let value = 0n;
    for (let at = this.#at - 1; at >= begin; at -= 1) value = (value << 7n) | BigInt((this.#bytes[at] ?? 0) & 127);
    return Number(BigInt.asIntN(64, value));
  }
}
