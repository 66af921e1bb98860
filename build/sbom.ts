import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { execa } from "execa";
import manifest from "../package.json" with { type: "json" };
import { isAllowed } from "./licences.ts";
import { verifyNode } from "./node-binary.ts";
import { DIST, ROOT } from "./root.ts";
import { metaFile } from "./size.ts";

/** What is in the server's image, in CycloneDX's form. It stands beside the server, so the image holds it too. */
export const SBOM_FILE = join(DIST, "server", "sbom.cdx.json");
/** The licences of all that in full, as most of them ask. */
const LICENCES_FILE = join(DIST, "server", "licences.txt");

/** The products in the image, and the runtime that it brings. */
const SHIPPED = ["server", "server-sqlite", "server-google", "embed", "dashboard"];
const RUNTIME = "node";

/** What is used of CycloneDX (https://cyclonedx.org/docs/1.5/json). */
interface Bom {
  readonly serialNumber?: string;
  readonly metadata: { readonly component: object };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly licenses?: readonly ({ readonly license: { readonly id?: string; readonly name?: string } } | { readonly expression: string })[];
}

/** A package as its own package.json names it. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * Writes the bill of materials, and the licences: of what `npm sbom` tells of package-lock.json, the packages that ship. The same sources
 * make the same bytes. Throws where a licence is not allowed, or Node is not the one that is pinned.
 */
export async function writeSbom(): Promise<void> {
  await verifyNode();
  const folders = [...new Set([join("node_modules", RUNTIME), ...(await Promise.all(SHIPPED.map(bundledBy))).flat()])].sort();
  const packages = await Promise.all(folders.map(readPackage));
  const refs = packages.map(({ name, version }) => `${name}@${version}`);
  const { stdout } = await execa("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"], {
    cwd: ROOT,
  });
  await writeFile(SBOM_FILE, `${JSON.stringify(shipped(JSON.parse(stdout), new Set(refs)), null, 2)}\n`);
  await writeFile(LICENCES_FILE, (await Promise.all(folders.map(licenceOf))).join("\n\n"));
}

/** Leaves out what does not ship, and what would be different each time. */
function shipped({ serialNumber: _, ...bom }: Bom, refs: ReadonlySet<string>): object {
  const root = `${manifest.name}@${manifest.version}`;
  const components = bom.components.filter((component) => refs.has(component["bom-ref"]));
  const missing = refs.size - components.length;
  if (missing > 0) throw new Error(`${missing} of the bundled packages are not in package-lock.json: run npm ci.`);
  for (const component of components) refuseLicence(component);
  return {
    ...bom,
    // npm names it by its folder, and says when it was asked.
    metadata: { component: { ...bom.metadata.component, name: manifest.name } },
    components: components.map((one) => (one.name === RUNTIME ? { ...one, type: "platform" } : one)),
    dependencies: bom.dependencies
      .filter(({ ref }) => ref === root || refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
}

function refuseLicence({ "bom-ref": ref, licenses = [] }: Component): void {
  const names = licenses.map((one) => ("expression" in one ? one.expression : (one.license.id ?? one.license.name ?? "")));
  const licence = names.join(" AND ");
  if (!isAllowed(licence))
    throw new Error(`${ref} is bundled, and its licence is ${licence || "missing"}; build/licences.ts lists those allowed.`);
}

/** The folders of the packages that a product's bundle has something of. */
async function bundledBy(product: string): Promise<string[]> {
  const { outputs }: Metafile = JSON.parse(await readFile(metaFile(product), "utf8"));
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
}

async function readPackage(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
}

/** A package's licence as it came with it, or else its name alone. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = await readPackage(folder);
  const files = (await readdir(join(ROOT, folder))).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
}
