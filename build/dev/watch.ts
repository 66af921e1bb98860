import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join, sep } from "node:path";

/**
 * Calls `onChange` with each path that changes in the folders, however deep. Every folder is watched by itself: on Linux, the recursive
 * mode of `fs.watch` loses a file once an editor has replaced it (seen with Node 24.21).
 */
export function watchFolders(folders: readonly string[], onChange: (path: string) => void): void {
  const watchers = new Map<string, FSWatcher>();

  /** Watches what is at a path now in place of what was there. */
  function follow(path: string): void {
    for (const [folder, watcher] of watchers) {
      if (folder !== path && !folder.startsWith(path + sep)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of foldersIn(path)) {
      const watcher = watch(folder, (event, name) => {
        const changed = join(folder, name ?? "");
        // "rename" is also what a new folder is called.
        if (event === "rename" && name !== null) followIfThere(changed);
        onChange(changed);
      });
      watcher.on("error", () => watcher.close());
      watchers.set(folder, watcher);
    }
  }

  /** A folder may be gone again while it is read; its parent tells when it comes back. */
  function followIfThere(path: string): void {
    try {
      follow(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  for (const folder of folders) follow(folder);
}

/** Calls `onChange` when one of the files directly in a folder changes, appears or goes. */
export function watchFiles(folder: string, names: readonly string[], onChange: (path: string) => void): void {
  watch(folder, (_, name) => {
    if (name !== null && names.includes(name)) onChange(join(folder, name));
  });
}

function foldersIn(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const inner = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [path, ...inner.map(({ parentPath, name }) => join(parentPath, name))];
}
