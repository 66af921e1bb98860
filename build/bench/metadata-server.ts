import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ANSWERS: Readonly<Record<string, string>> = {
  "/computeMetadata/v1/project/project-id": "footfall",
  "/computeMetadata/v1/instance/service-accounts/default/token": JSON.stringify({
    access_token: "token",
    expires_in: 3_600,
    token_type: "Bearer",
  }),
};

/** Stands in for Google's metadata server: tells the project and gives tokens to who asks with its header. */
export async function startMetadataServer(): Promise<{ host: string; asked(): number; stop(): void }> {
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = ANSWERS[request.url ?? ""];
    if (answer === undefined || request.headers["metadata-flavor"] !== "Google") return response.writeHead(404).end();
    asked += 1;
    return response.writeHead(200, { "Metadata-Flavor": "Google" }).end(answer);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked: () => asked,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
