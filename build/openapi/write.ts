import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { DIST } from "../root.ts";
import { describeContract } from "./contract.ts";
import { describeGateway } from "./gateway.ts";
import { violations } from "./google.ts";

/** The contract, which the service serves as `/openapi.json`. */
export const CONTRACT_FILE = join(DIST, "assets", "openapi.json");
/** The gateway's document, but for the service's address. */
export const GATEWAY_FILE = join(DIST, "gateway", "openapi.json");

/** Both documents, made of the sources. */
export function describeAll() {
  const contract = describeContract(manifest.version);
  return { contract, gateway: describeGateway(contract) };
}

/** Writes both documents into `dist/`; throws where Google would refuse the gateway's. */
export async function writeDocuments(): Promise<void> {
  const { contract, gateway } = describeAll();
  const found = violations(gateway);
  if (found.length > 0) throw new Error(`The gateway's document: ${found.join(" ")}`);
  // The contract is served as it is, the other one is read by people.
  await write(CONTRACT_FILE, JSON.stringify(contract));
  await write(GATEWAY_FILE, `${JSON.stringify(gateway, null, 2)}\n`);
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
