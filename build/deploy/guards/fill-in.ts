import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes the guards' files with the service's name and the gateway's host in them: SERVICE HOST. */
const [service = "", host = ""] = process.argv.slice(2);
const target = join("dist", "guards");
await mkdir(target, { recursive: true });
for (const name of ["shed", "errors", "down", "images", "sources"]) {
  const text = await readFile(join(import.meta.dirname, `${name}.json`), "utf8");
  await writeFile(join(target, `${name}.json`), text.replaceAll("SERVICE", service).replaceAll("HOST", host));
}
