/** The wire format of protocol buffers, as far as commits need it: https://protobuf.dev/programming-guides/encoding/ */

/** Wire types, and what a fixed one takes in bytes. */
const VARINT = 0;
const DELIMITED = 2;
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
/** What a varint takes at most. */
const VARINT_BYTES = 10;
/** What a character of JavaScript, half of some, takes in UTF-8 at most. */
const CHARACTER_BYTES = 3;

export class ProtoWriter {
  #bytes: Buffer;
  #end = 0;

  /** @param size about what will be written, in bytes; more is made where it is too little */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  /** @param value safe, and below 0 or not */
  integer(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  text(field: number, text: string): void {
    const start = this.#open(field, text.length * CHARACTER_BYTES);
    const bytes = this.#bytes;
    let length = 0;
    for (; length < text.length; length += 1) {
      const code = text.charCodeAt(length);
      if (code > 127) break;
      bytes[start + length] = code;
    }
    this.#end = start + (length === text.length ? length : bytes.write(text, start));
    this.#close(start);
  }

  bytes(field: number, content: Uint8Array): void {
    const start = this.#open(field, content.length);
    this.#bytes.set(content, start);
    this.#end = start + content.length;
    this.#close(start);
  }

  message<T>(field: number, write: (value: T, writer: ProtoWriter) => void, value: T): void {
    const start = this.#open(field, 0);
    write(value, this);
    this.#close(start);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Answers where the content begins: behind one byte for its length, which most need. */
  #open(field: number, size: number): number {
    this.#tag(field, DELIMITED);
    this.#reserve(1 + size);
    this.#end += 1;
    return this.#end;
  }

  #close(start: number): void {
    const length = this.#end - start;
    if (length < 128) {
      this.#bytes[start - 1] = length;
      return;
    }
    this.#reserve(VARINT_BYTES);
    const moved = start + (length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4);
    this.#bytes.copyWithin(moved, start, this.#end);
    this.#end = start - 1;
    this.#varint(length);
    this.#end = moved + length;
  }

  #tag(field: number, type: number): void {
    this.#varint((field << 3) | type);
  }

  #varint(value: number): void {
    this.#reserve(VARINT_BYTES);
    let rest = value;
    // Negative ones are written as if of 64 bits.
    if (value < 0) {
      let wide = BigInt.asUintN(64, BigInt(value));
      for (; wide > 0xffff_ffffn; wide >>= 7n) this.#byte(Number(wide & 127n) | 128);
      rest = Number(wide);
    }
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    for (; rest > 127; rest >>= 7) this.#byte((rest & 127) | 128);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#bytes[this.#end] = value;
    this.#end += 1;
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#end + size));
    larger.set(this.finish());
    this.#bytes = larger;
  }
}

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
