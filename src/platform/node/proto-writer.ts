/** The wire format of protocol buffers, as far as commits need it: https://protobuf.dev/programming-guides/encoding/ */

/** Wire types. */
export const VARINT = 0;
export const DELIMITED = 2;
/** What a varint takes at most. */
export const VARINT_BYTES = 10;
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
    // Seven bits a byte.
    const moved = start + Math.floor((31 - Math.clz32(length)) / 7);
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
