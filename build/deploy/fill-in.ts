import { readFile, writeFile } from "node:fs/promises";
import { addressGateway, type GatewayDocument } from "../openapi/gateway.ts";
import { fail } from "../root.ts";

const [source = "", address = "", target = ""] = process.argv.slice(2);
if (!/^https:\/\/[\w.-]+$/.test(address))
  fail(`The service's address is "${address}"; allowed is one such as https://footfall-a1b2c3-ew.a.run.app`);
const text = await readFile(source, "utf8").catch((error: Error) => fail(error.message));
const document: GatewayDocument = JSON.parse(text);
await writeFile(target, `${JSON.stringify(addressGateway(document, address), null, 2)}\n`);
console.log(`${target}: the service is ${address}`);
