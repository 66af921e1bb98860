import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Key {
  readonly path: readonly { readonly kind: string; readonly name: string }[];
}

const ONE = { integerValue: "1" };
const SALT = { salt: { stringValue: "A".repeat(43).concat("=") } };
/** What any counter has, or its sketch. */
const COUNTER = {
  count: ONE,
  epoch: ONE,
  visitors: { entityValue: { properties: {} } },
  odd: { entityValue: { properties: { r1: ONE } } },
};
const WRITTEN = { transformResults: Array(8).fill(ONE) };

/** Answers a lookup: the newest salt, and all counters. */
function find(keys: readonly Key[]): object {
  const isSalt = keys[0]?.path[0]?.kind === "salt";
  return { found: (isSalt ? keys.slice(0, 1) : keys).map((key) => ({ entity: { key, properties: isSalt ? SALT : COUNTER } })) };
}

/** Answers as Datastore does to a visit, over REST; gRPC is met with an error. */
export async function startDatastore(): Promise<{ readonly host: string; stop(): void }> {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = request.url?.endsWith(":lookup")
      ? find(JSON.parse(body).keys)
      : { mutationResults: [WRITTEN, WRITTEN, WRITTEN, WRITTEN] };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
