import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { unpackTar } from "modern-tar";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { SourceFile } from "./source.ts";

/** The most that an export may hold, unpacked, in bytes: it is read as a whole. */
const MAX_EXPORT_BYTES = 256 * 1_024 * 1_024;

const TOO_LARGE = `is larger than ${MAX_EXPORT_BYTES / 1_024 / 1_024} MB; split it into files, and import each.`;

const GZIP = [0x1f, 0x8b];
const ZIP = [0x50, 0x4b];
/** `ustar`, of every tar since 1988, and where it stands. */
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72];
const TAR_OFFSET = 257;

/**
 * The text files of an export: a plain file, or those files of a ZIP or a tar whose names match; all but a ZIP also as gzip. Throws
 * `InvalidInput` for an export that is damaged, too large, holds none of them or is not UTF-8.
 */
export async function unpack(name: string, bytes: Uint8Array, wanted: RegExp): Promise<SourceFile[]> {
  if (bytes.length > MAX_EXPORT_BYTES) throw new InvalidInput(`${name} ${TOO_LARGE}`);
  if (has(bytes, ZIP)) return unpackZip(name, bytes, wanted);
  try {
    const content = has(bytes, GZIP) ? gunzipSync(bytes, { maxOutputLength: MAX_EXPORT_BYTES }) : bytes;
    if (!has(content, TAR, TAR_OFFSET)) {
      if (content.includes(0)) throw new InvalidInput(`${name} holds NUL bytes; allowed are UTF-8, gzip, ZIP and tar (ustar, GNU or pax).`);
      return [textOf(name, content)];
    }
    // Strict: a damaged or cut archive is refused, not read in part.
    const entries = await unpackTar(content, { strict: true, filter: ({ name, type }) => type === "file" && wanted.test(name) });
    return textsOf(name, new Map(entries.map(({ header, data = new Uint8Array() }) => [header.name, data])), wanted);
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** The text files of a ZIP whose names match; throws as {@link unpack} does. */
export function unpackZip(name: string, bytes: Uint8Array, wanted: RegExp): SourceFile[] {
  let size = 0;
  const filter = (file: { name: string; originalSize: number }) => {
    if (!wanted.test(file.name)) return false;
    size += file.originalSize;
    if (size > MAX_EXPORT_BYTES) throw new InvalidInput(`${name} ${TOO_LARGE}`);
    return true;
  };
  try {
    return textsOf(name, new Map(Object.entries(unzipSync(bytes, { filter }))), wanted);
  } catch (error) {
    throw unreadable(name, error);
  }
}

function has(bytes: Uint8Array, magic: readonly number[], offset = 0): boolean {
  return magic.every((byte, index) => bytes[offset + index] === byte);
}

function textsOf(archive: string, files: ReadonlyMap<string, Uint8Array>, wanted: RegExp): SourceFile[] {
  if (files.size === 0) throw new InvalidInput(`${archive} holds no file named ${wanted.source}.`);
  const names = [...files.keys()].sort();
  return names.map((name) => textOf(name, files.get(name)));
}

function textOf(name: string, bytes: Uint8Array | undefined): SourceFile {
  try {
    // Removes a byte order mark.
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): InvalidInput {
  if (error instanceof InvalidInput) return error;
  return new InvalidInput(`${name} cannot be read: ${(error as Error).message.replace(/\.$/, "")}.`, { cause: error });
}
