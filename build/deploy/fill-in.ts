import { readTakeover } from "../../src/config.ts";
import { addressGateway } from "../openapi/gateway.ts";
import { describeAll, writeGateway } from "../openapi/write.ts";
import { fail } from "../root.ts";

const [address = "", takeover = "", target = ""] = process.argv.slice(2);
if (!/^https:\/\/[\w.-]+$/.test(address))
  fail(`The service's address is "${address}"; allowed is one such as https://footfall-a1b2c3-ew.a.run.app`);
const { gateway } = describeAll(readTakeover({ TAKEOVER: takeover }));
await writeGateway(target, addressGateway(gateway, address));
console.log(`${target}: the service is ${address}${takeover && `, and takes over ${takeover}`}`);
