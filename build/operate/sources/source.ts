import type { Collector } from "./collect.ts";

/** A file of an export, unpacked. */
export interface SourceFile {
  readonly name: string;
  /** Without a byte order mark. */
  readonly text: string;
}

/** Another counter whose numbers can be brought along. */
export interface Source {
  /** The files of an archive that it reads; a file that is no archive is read whatever its name is. */
  readonly reads: RegExp;
  /** Gives each row to the collector; throws `InvalidInput` for files that are not of this counter. */
  parse(files: readonly SourceFile[], collector: Collector): void;
}
