import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";

/** A stand-in for Google's metadata server: answers the project, and a token to requests with its header. */
export async function startMetadataServer(): Promise<{ host: string; asked(): number; stop(): void }> {
  let asked = 0;
  const app = new Hono().basePath("/computeMetadata/v1");
  app.use(async (c, next) => {
    if (c.req.header("metadata-flavor") !== "Google") return c.notFound();
    asked += 1;
    c.header("Metadata-Flavor", "Google");
    return next();
  });
  app.get("/project/project-id", (c) => c.text("footfall"));
  app.get("/instance/service-accounts/default/token", (c) => c.json({ access_token: "token", expires_in: 3_600, token_type: "Bearer" }));
  const server = createAdaptorServer({ fetch: app.fetch });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, asked: () => asked, stop: () => server.close() };
}
