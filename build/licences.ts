import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** What package-lock.json says of an installed package; `dev`: only tools need it. */
export interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Licences, by their SPDX names, under which a package may be part of what ships. */
const FOR_ALL = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense"];
/** Licences of tools as well: they run here and are not passed on. */
const FOR_TOOLS = [...FOR_ALL, "CC0-1.0", "LGPL-3.0-or-later", "MPL-2.0", "PSF-2.0", "Zlib"];

/** Every package of package-lock.json, by its folder, such as `node_modules/hono`. */
export function readLock(): ReadonlyMap<string, Locked> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> };
  return new Map(Object.entries(packages).filter(([folder]) => folder !== ""));
}

/** Whether a licence, or an expression of several, is on the list: one of those that `OR` joins, or all of those that `AND` joins. */
export function isAllowed(license: string, list: readonly string[] = FOR_ALL): boolean {
  const parts = license.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return parts.some((part) => part.split(" AND ").every((name) => list.includes(name)));
}

/** The packages whose licence is on no list, a line each. */
export function refusedLicences(packages = readLock()): string[] {
  return [...packages]
    .filter(([, { license = "", dev = false }]) => !isAllowed(license, dev ? FOR_TOOLS : FOR_ALL))
    .map(([folder, { version, license = "missing", dev = false }]) => {
      const allowed = (dev ? FOR_TOOLS : FOR_ALL).join(", ");
      return `${folder.replace(/^.*node_modules\//, "")} ${version}: its licence is ${license}; allowed are ${allowed}.`;
    });
}

if (import.meta.main) {
  const refused = refusedLicences();
  for (const line of refused) console.error(line);
  process.exitCode = refused.length > 0 ? 1 : 0;
}
