import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { readTakeover } from "../../src/config.ts";
import type { TakeoverProtocol } from "../../src/http/config.ts";
import { takeoverDocs } from "../../src/routes/takeover/docs.ts";
import { DIST } from "../root.ts";
import { describeContract, ROUTE_DOCS } from "./contract.ts";
import { DescriptionError } from "./document.ts";
import { describeGateway, type GatewayDocument } from "./gateway.ts";
import { violations } from "./google.ts";

/** The contract, which the service serves as `/openapi.json`. */
export const CONTRACT_FILE = join(DIST, "assets", "openapi.json");
/** The gateway's document, but for the service's address. */
export const GATEWAY_FILE = join(DIST, "gateway", "openapi.json");

/**
 * Both documents, made of the sources.
 *
 * @param takeover the protocols of other counters that the gateway lets through as well; the contract has none of them
 */
export function describeAll(takeover: readonly TakeoverProtocol[] = []) {
  const contract = describeContract(manifest.version);
  const routes = describeContract(manifest.version, { ...ROUTE_DOCS, ...takeoverDocs(takeover) });
  return { contract, gateway: describeGateway(routes) };
}

/** Writes the contract, and the gateway's document by `TAKEOVER` of the environment, into `dist/`. */
export async function writeDocuments(): Promise<void> {
  const { contract, gateway } = describeAll(readTakeover(process.env));
  // The contract is served as it is, the other one is read by people.
  await write(CONTRACT_FILE, JSON.stringify(contract));
  await writeGateway(GATEWAY_FILE, gateway);
}

/** Writes the gateway's document; throws where Google would refuse it. */
export async function writeGateway(file: string, document: GatewayDocument): Promise<void> {
  const found = violations(document);
  if (found.length > 0) throw new DescriptionError(`The gateway's document: ${found.join(" ")}`);
  await write(file, `${JSON.stringify(document, null, 2)}\n`);
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // Whoever reads it meanwhile, another deployment from this clone say, gets all of one version.
  const part = `${file}.${process.pid}`;
  await writeFile(part, text);
  await rename(part, file);
}
