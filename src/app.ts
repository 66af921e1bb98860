import { HonoBase } from "hono/hono-base";
import { answerAsset, PAGES } from "./api/assets.ts";
import { type Deps, Exchange, share } from "./api/exchange.ts";
import { createHandlers } from "./api/handlers.ts";
import { OPERATIONS, type Operation, type OperationId, operationsAt } from "./api/operations.ts";
import { pathOf, TableRouter } from "./api/router.ts";
import { answerUnmatched, attempt, serve } from "./api/serve.ts";

export type { Deps } from "./api/exchange.ts";

/** Builds the service: `app.fetch` answers any web-standard request. It knows neither its runtime nor its store. */
export function createApp(deps: Deps): HonoBase {
  const app = new HonoBase({ router: new TableRouter(), getPath: pathOf });
  const shared = share(deps);
  const handlers = createHandlers(shared);

  function register<K extends OperationId>(id: K): void {
    const { method, path, alias, forEveryone = false }: Operation = OPERATIONS[id];
    const handle = handlers[id];
    app.on(method, alias ? [path, alias] : [path], (context) => serve(new Exchange(shared, context, forEveryone), id, handle));
  }

  for (const id of Object.keys(OPERATIONS) as OperationId[]) register(id);
  for (const [path, { forEveryone }] of Object.entries(PAGES)) {
    app.on("GET", path, (context) => {
      const exchange = new Exchange(shared, context, forEveryone);
      return attempt(exchange, () => answerAsset(exchange));
    });
  }
  app.on("ALL", "/*", (context) => {
    const { path } = context.req;
    const forEveryone = [PAGES[path], ...operationsAt(path)].some((known) => known?.forEveryone);
    return answerUnmatched(new Exchange(shared, context, forEveryone));
  });
  return app;
}
