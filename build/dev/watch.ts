import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** An editor may write a file in steps; this long after the last of them it is taken as written, in milliseconds. */
const SETTLE_MS = 4;

/**
 * Tells of changed files, by the file system's events, without polling.
 *
 * @param folders watched with all that is in them, however deep, now and later
 * @param files watched whether they exist or not
 * @param onChange is given the paths that changed since the last call
 */
export async function watchFiles(
  folders: readonly string[],
  files: readonly string[],
  onChange: (paths: ReadonlySet<string>) => void,
): Promise<{ close(): void }> {
  const watchers = new Map<string, FSWatcher>();
  let changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function note(path: string): void {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = changed;
      changed = new Set();
      onChange(paths);
    }, SETTLE_MS);
  }

  /** Folders are watched, not files: a file that an editor replaces is another one. */
  async function watchFolder(folder: string): Promise<void> {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, (_, name) => {
      if (name === null) return;
      note(join(folder, name));
      watchTree(join(folder, name), true);
    });
    const forget = () => {
      watcher.close();
      watchers.delete(folder);
    };
    // It is gone; its parent tells when it comes back.
    watcher.on("error", forget);
    watchers.set(folder, watcher);
  }

  async function watchTree(path: string, mayBeFile = false): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (mayBeFile && (error.code === "ENOTDIR" || error.code === "ENOENT")) return null;
      throw error;
    });
    if (!entries) return;
    await watchFolder(path);
    await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => watchTree(join(path, entry.name), true)));
  }

  const own = new Set(files);
  const parents = new Set(files.map((file) => join(file, "..")));
  for (const parent of parents) {
    const watcher = watch(parent, (_, name) => {
      if (name !== null && own.has(join(parent, name))) note(join(parent, name));
    });
    watchers.set(`${parent} alone`, watcher);
  }
  await Promise.all(folders.map((folder) => watchTree(folder)));
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
