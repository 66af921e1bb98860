import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** What the build and the dev loop need. */
const PARTS = ["src", "build", "package.json", "package-lock.json", "tsconfig.json", "wrangler.toml"];

/** A copy of the project, whose sources may be edited. */
export interface Project {
  readonly folder: string;
  /** Replaces text in a file; throws where it is not there. */
  edit(file: string, from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Copies the project into a temporary folder; its packages are a link to those here. */
export async function copyProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "footfall-project-"));
  await Promise.all(PARTS.map((part) => cp(join(ROOT, part), join(folder, part), { recursive: true })));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
  return {
    folder,
    write,
    async edit(file, from, to) {
      const text = await readFile(join(folder, file), "utf8");
      if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}.`);
      await write(file, text.replace(from, to));
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}
