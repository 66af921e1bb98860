import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { execa } from "execa";
import { DIVIDER, joinTexts, type LicenceText } from "./licence-texts.ts";
import { type Bom, type Component, LICENCES_FILE, SBOM_FILE } from "./sbom.ts";

/** What Node needs of Debian: its texts do not say the SPDX names. */
const LICENCES: Readonly<Record<string, string>> = {
  libc6: "LGPL-2.1-or-later",
  "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
  "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
};

/** Where an image has Footfall and Node, which the build has listed, and a line of configuration. */
const OURS = /^(?:app\/|bin\/node$|etc\/nsswitch\.conf$)/;

/** Debian's texts name others of these by their paths. */
const COMMON_LICENCE = /\/usr\/share\/common-licenses\/[\w.-]*\w/g;

/**
 * Adds the Debian packages whose files are in an image to its bill of materials and its licences. The Dockerfile runs it in the system
 * that the files come from. Throws where a file is of no package, or the package's licence is not listed.
 */
async function addSystemLibraries(image: string): Promise<void> {
  const entries = await readdir(image, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(image, join(entry.parentPath, entry.name)));
  const owned = await Promise.all(files.filter((file) => !OURS.test(file)).map(async (file) => ({ file, owner: await ownerOf(file) })));
  const packages = [...Map.groupBy(owned, ({ owner }) => owner)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = await Promise.all(packages.map(([owner, those]) => componentOf(owner, those.map(({ file }) => `/${file}`).sort())));
  const bomFile = join(image, "app", "server", SBOM_FILE);
  const bom: Bom = JSON.parse(await readFile(bomFile, "utf8"));
  const components = [...bom.components, ...rows];
  const dependencies = [...bom.dependencies, ...rows.map((row) => ({ ref: row["bom-ref"], dependsOn: [] }))];
  await writeFile(bomFile, `${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`);
  const texts = await textsOf(rows);
  await writeFile(join(image, "app", "server", LICENCES_FILE), `\n${DIVIDER}\n\n${joinTexts(texts)}`, { flag: "a" });
}

/** The package of a file, such as `libc6:amd64`; Debian's list may have it below `/usr` or not. */
async function ownerOf(file: string): Promise<string> {
  const { stdout } = await execa("dpkg-query", ["--search", `*/${file.replace(/^usr\//, "")}`]);
  return stdout.slice(0, stdout.indexOf(": "));
}

async function componentOf(owner: string, files: readonly string[]): Promise<Component> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the fields are dpkg's.
  const { stdout } = await execa("dpkg-query", ["--show", "--showformat=${Package} ${Version} ${Architecture}", owner]);
  const [name = "", version = "", architecture] = stdout.split(" ");
  const licence = LICENCES[name];
  if (!licence) throw new Error(`${files.join(", ")} in the image: of ${name}, whose licence build/system-libraries.ts does not list.`);
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  const occurrences = files.map((location) => ({ location }));
  return { "bom-ref": purl, type: "library", name, version, purl, licenses: [{ expression: licence }], evidence: { occurrences } };
}

async function textsOf(components: readonly Component[]): Promise<LicenceText[]> {
  const texts = await Promise.all(
    components.map(async ({ name, version }) => ({
      of: `${name} ${version} (${LICENCES[name]})`,
      text: await readFile(`/usr/share/doc/${name}/copyright`, "utf8"),
    })),
  );
  const common = [...new Set(texts.flatMap(({ text }) => text.match(COMMON_LICENCE) ?? []))].sort();
  return [...texts, ...(await Promise.all(common.map(async (file) => ({ of: file, text: await readFile(file, "utf8") }))))];
}

await addSystemLibraries(process.argv[2] ?? "");
