import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import manifest from "../package.json" with { type: "json" };
import { isAllowed, type Locked, readLock } from "./licences.ts";
import { DIST, ROOT } from "./root.ts";
import { metaFile } from "./size.ts";

/** What the server's image is made of, as CycloneDX has it; it is beside the server, and so in the image. */
export const SBOM_FILE = join(DIST, "server", "sbom.cdx.json");

/** The licences of all that, in full, as most of them ask. */
const LICENCES_FILE = join(DIST, "server", "licences.txt");

/** The products in the image, and the runtime that it brings. */
const SHIPPED = ["server", "server-google", "embed", "dashboard"];
const RUNTIME = "node_modules/node";

/** Writes the bill of materials: each package of which a file is in what ships. The same sources make the same bytes. Throws where a licence forbids it. */
export async function writeSbom(): Promise<void> {
  const lock = readLock();
  const folders = new Set([RUNTIME, ...(await Promise.all(SHIPPED.map(bundledBy))).flat()]);
  const components = [...folders].sort().map((folder) => describe(folder, lock.get(folder)));
  const { name, version, description, license } = manifest;
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": name, name, version, description, licenses: [{ license: { id: license } }] },
    },
    components,
    dependencies: [{ ref: name, dependsOn: components.map((component) => component["bom-ref"]) }],
  };
  await writeFile(SBOM_FILE, `${JSON.stringify(document, null, 2)}\n`);
  await writeFile(LICENCES_FILE, (await Promise.all([...folders].sort().map(licenceOf))).join("\n\n"));
}

/** A package's licence as it came with it, or else its name alone. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
  const files = (await readdir(join(ROOT, folder))).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
}

/** The folders of the packages that a product's bundle has something of. */
async function bundledBy(product: string): Promise<string[]> {
  const { outputs }: Metafile = JSON.parse(await readFile(metaFile(product), "utf8"));
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
}

function describe(folder: string, locked: Locked | undefined) {
  const name = folder.replace(/^.*node_modules\//, "");
  if (!locked?.license) throw new Error(`${name} is bundled, and package-lock.json does not tell its licence.`);
  const { version, license, integrity = "" } = locked;
  if (!isAllowed(license)) throw new Error(`${name} is bundled, and its licence is ${license}; build/licences.ts lists those allowed.`);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [algorithm = "", digest = ""] = integrity.split("-", 2);
  return {
    type: folder === RUNTIME ? "platform" : "library",
    "bom-ref": purl,
    name,
    version,
    hashes: [{ alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(digest, "base64").toString("hex") }],
    licenses: [/ (?:OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }],
    purl,
  };
}
