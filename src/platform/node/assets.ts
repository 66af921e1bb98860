import { join } from "node:path";
import { headersOf, typeOf } from "../../api/asset-headers.ts";
import type { Assets } from "../../api/assets.ts";

/** What the build has compressed beside each file, the smallest first. */
const ENCODINGS = { br: ".br", gzip: ".gz" } as const;

/** The names that can be asked for: none leaves the folder. */
const NAME = /^(?:assets\/)?[\w-]+\.\w+$/;

interface File {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In its quotes. */
  readonly etag: string;
}

/**
 * The built files in a folder. A file is read when it is first asked for, and kept:
 * the start pays for none.
 */
export function openAssets(folder: string): Assets {
  const files = new Map<string, Promise<File | null>>();

  function open(name: string): Promise<File | null> {
    const known = files.get(name);
    if (known) return known;
    const file = read(join(folder, name));
    files.set(name, file);
    // What is not there may come, and what failed may work: only files are kept.
    file.then(
      (found) => found ?? files.delete(name),
      () => files.delete(name),
    );
    return file;
  }

  return async ({ url, headers }) => {
    const path = new URL(url).pathname;
    const name = path === "/" ? "index.html" : path.slice(1);
    const type = typeOf(name);
    const encodings = type && NAME.test(name) ? acceptedBy(headers.get("accept-encoding") ?? "") : [];
    for (const encoding of encodings) {
      const file = await open(name + (encoding ? ENCODINGS[encoding] : ""));
      if (!file) continue;
      const { bytes, etag } = file;
      const isKnown = headers.get("if-none-match")?.includes(etag);
      return new Response(isKnown ? null : bytes, {
        status: isKnown ? 304 : 200,
        headers: {
          ...headersOf(path),
          "Content-Type": type ?? "",
          ETag: etag,
          Vary: "Accept-Encoding",
          ...(encoding && { "Content-Encoding": encoding }),
        },
      });
    }
    return new Response(null, { status: 404 });
  };
}

/** The encodings to try, ending with none. */
function acceptedBy(header: string): (keyof typeof ENCODINGS | null)[] {
  const accepted = header
    .toLowerCase()
    .split(",")
    .filter((item) => !/;\s*q=0(?:\.0*)?\s*$/.test(item))
    .map((item) => item.split(";", 1)[0]?.trim());
  return [...(["br", "gzip"] as const).filter((encoding) => accepted.includes(encoding)), null];
}

async function read(path: string): Promise<File | null> {
  const [{ readFile }, { createHash }] = await Promise.all([import("node:fs/promises"), import("node:crypto")]);
  try {
    const bytes = await readFile(path);
    return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
