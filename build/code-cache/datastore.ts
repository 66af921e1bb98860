import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers as Datastore does to the commit of a visit, over REST; gRPC is met with an error. */
export async function startDatastore(): Promise<{ readonly host: string; stop(): void }> {
  const totals = { transformResults: [{ integerValue: "1" }, { integerValue: "1" }, { integerValue: "1" }] };
  const server = createServer((request, response) =>
    request.resume().on("end", () => response.end(JSON.stringify({ mutationResults: [totals, totals] }))),
  );
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
