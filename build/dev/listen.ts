import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";

/** Something that listens on loopback. */
export interface Listening {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * An app for a server on loopback. It refuses every host name that is not loopback's own: a page of another site may resolve its own
 * name to 127.0.0.1 and would then be of the same origin.
 */
export function createLoopbackApp(): Hono<{ Bindings: HttpBindings }> {
  return new Hono<{ Bindings: HttpBindings }>().use(async (c, next) => {
    const { hostname } = new URL(c.req.url);
    if (LOOPBACK.test(hostname)) return next();
    return c.text(`Host is "${hostname}"; allowed is localhost or a loopback address.\n`, 403);
  });
}

/** Serves an app on a port of 127.0.0.1; 0 for any that is free. */
export async function listen(app: Hono<{ Bindings: HttpBindings }>, port: number): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
