import type { Assets } from "../../api/assets.ts";

/**
 * The built files in a folder, such as `new URL("../assets/", import.meta.url)`. A file is read when it is first asked for, and kept:
 * the start pays for none.
 */
export function openAssets(folder: URL): Assets {
  const files = new Map<string, Promise<File | null>>();

  function open(name: string): Promise<File | null> {
    const known = files.get(name);
    if (known) return known;
    const file = read(new URL(name, folder));
    files.set(name, file);
    // What is not there may come, and what failed may work: only files are kept.
    file.then(
      (found) => found ?? files.delete(name),
      () => files.delete(name),
    );
    return file;
  }

  return async (name, headers) => {
    const file = await open(name);
    if (!file) return new Response(null, { status: 404 });
    const { bytes, etag } = file;
    const fresh = headers.get("if-none-match")?.includes(etag);
    return new Response(fresh ? null : bytes, { status: fresh ? 304 : 200, headers: { ETag: etag } });
  };
}

interface File {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In its quotes. */
  readonly etag: string;
}

async function read(url: URL): Promise<File | null> {
  const [{ readFile }, { createHash }] = await Promise.all([import("node:fs/promises"), import("node:crypto")]);
  try {
    const bytes = await readFile(url);
    return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
