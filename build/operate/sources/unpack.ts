import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { SourceFile } from "./source.ts";

/** The most that an export may hold, unpacked, in bytes: it is read as a whole. */
const MAX_EXPORT_BYTES = 256 * 1_024 * 1_024;

const TOO_LARGE = `is larger than ${MAX_EXPORT_BYTES / 1_024 / 1_024} MB; split it into files, and import each.`;

/**
 * The text files of an export: a plain file, a gzip, or those files of a ZIP whose names match. Throws `InvalidInput` for an export that is
 * damaged, too large, holds none of them or is not UTF-8.
 */
export function unpack(name: string, bytes: Uint8Array, wanted: RegExp): SourceFile[] {
  if (bytes.length > MAX_EXPORT_BYTES) throw new InvalidInput(`${name} ${TOO_LARGE}`);
  if (beginsWith(bytes, [0x1f, 0x8b]))
    return [
      textOf(
        name,
        attempt(name, () => gunzipSync(bytes, { maxOutputLength: MAX_EXPORT_BYTES })),
      ),
    ];
  if (!beginsWith(bytes, [0x50, 0x4b])) return [textOf(name, bytes)];
  let size = 0;
  const filter = (file: { name: string; originalSize: number }) => {
    if (!wanted.test(file.name)) return false;
    size += file.originalSize;
    if (size > MAX_EXPORT_BYTES) throw new InvalidInput(`${name} ${TOO_LARGE}`);
    return true;
  };
  const files = Object.entries(attempt(name, () => unzipSync(bytes, { filter })));
  if (files.length === 0) throw new InvalidInput(`${name} holds no file named ${wanted.source}.`);
  return files.sort().map(([inside, content]) => textOf(inside, content));
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function textOf(name: string, bytes: Uint8Array): SourceFile {
  // Removes a byte order mark.
  return { name, text: attempt(name, () => new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput(`${name} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
