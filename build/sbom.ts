import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { execa } from "execa";
import manifest from "../package.json" with { type: "json" };
import { joinTexts, licenceOfPackage, readPackage } from "./licence-texts.ts";
import { isAllowed } from "./licences.ts";
import { DIST, ROOT } from "./root.ts";
import { metaFile } from "./size.ts";

/** What is in the server's image, in CycloneDX's form, and the licences of all that in full. Both stand beside the server, so the image holds them. */
export const SBOM_FILE = "sbom.cdx.json";
export const LICENCES_FILE = "licences.txt";

/** The products in the image, and the runtime that it brings: the package of this machine's kind, if images are built on it. */
const SHIPPED = ["server", "server-sqlite", "server-google", "embed", "takeover", "dashboard"];
const RUNTIME = process.platform === "linux" ? `node-linux-${process.arch}` : null;

/** What is used of CycloneDX (https://cyclonedx.org/docs/1.5/json). */
export interface Bom {
  readonly serialNumber?: string;
  readonly metadata: { readonly component: object };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
export interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly ({ readonly license: { readonly id?: string; readonly name?: string } } | { readonly expression: string })[];
  /** The image's files that it is; what is bundled is in ours. */
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

/**
 * Writes the bill of materials, and the licences: of what `npm sbom` tells of package-lock.json, the packages that ship. The same sources
 * make the same bytes. The Dockerfile adds the system's libraries (build/system-libraries.ts). Throws where a licence is not allowed.
 */
export async function writeSbom(folder = join(DIST, "server")): Promise<void> {
  const bundled = (await Promise.all(SHIPPED.map(bundledBy))).flat();
  const folders = [...new Set([...(RUNTIME ? [join("node_modules", RUNTIME)] : []), ...bundled])].sort();
  const packages = await Promise.all(folders.map(readPackage));
  const refs = packages.map(({ name, version }) => `${name}@${version}`);
  const { stdout } = await execa("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"], {
    cwd: ROOT,
  });
  await writeFile(join(folder, SBOM_FILE), `${JSON.stringify(shipped(JSON.parse(stdout), new Set(refs)), null, 2)}\n`);
  await writeFile(join(folder, LICENCES_FILE), joinTexts(await Promise.all(folders.map(licenceOfPackage))));
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
    components: components.map((one) => (one.name === RUNTIME ? runtime(one) : one)),
    dependencies: bom.dependencies
      .filter(({ ref }) => ref === root || refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
}

/** An optional package for npm, as there is one for each kind of machine; scanners know Node's faults by its CPE. */
function runtime(component: Component): object {
  const cpe = `cpe:2.3:a:nodejs:node.js:${component.version}:*:*:*:*:*:*:*`;
  return { ...component, type: "platform", scope: "required", cpe, evidence: { occurrences: [{ location: "/bin/node" }] } };
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
