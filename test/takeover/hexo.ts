import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { CLIENTS } from "./websites.ts";

/** How long a site may take to be generated on a loaded machine. */
const GENERATE_MS = 120_000;

/** A website as Hexo generated it. */
export interface HexoSite {
  /** Where its files are. */
  readonly root: string;
  remove(): Promise<void>;
}

/**
 * Generates a Hexo site with two posts, `/你好/` and `/second/`.
 *
 * @param url the site's own address, without a slash at its end
 * @param config the theme's own settings, as YAML (which JSON is)
 */
export async function generateHexo(theme: "next" | "fluid", url: string, config: object): Promise<HexoSite> {
  const base = await mkdtemp(join(tmpdir(), "footfall-hexo-"));
  const posts = join(base, "source", "_posts");
  await mkdir(posts, { recursive: true });
  const plugins = ["hexo-generator-index", "hexo-renderer-marked", "hexo-renderer-stylus", "hexo-renderer-ejs"];
  const dependencies = Object.fromEntries(plugins.map((name) => [name, "*"]));
  await Promise.all([
    symlink(CLIENTS, join(base, "node_modules")),
    writeFile(join(base, "package.json"), JSON.stringify({ name: "site", hexo: { version: "8.1.2" }, dependencies })),
    writeFile(join(base, "_config.yml"), JSON.stringify({ title: "Site", url, theme, syntax_highlighter: "", permalink: ":title/" })),
    writeFile(join(base, `_config.${theme}.yml`), JSON.stringify(config)),
    ...["你好", "second"].map((title) => writeFile(join(posts, `${title}.md`), `---\ntitle: ${title}\ndate: 2026-11-01\n---\nA post.\n`)),
  ]);
  await execa(process.execPath, [join(CLIENTS, "hexo", "bin", "hexo"), "generate", "--silent"], { cwd: base, timeout: GENERATE_MS });
  return { root: join(base, "public"), remove: () => rm(base, { recursive: true, force: true }) };
}
