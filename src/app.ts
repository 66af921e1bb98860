import { Hono } from "hono/tiny";
import { type Deps, Exchange, share } from "./api/exchange.ts";
import { createHandlers } from "./api/handlers.ts";
import { OPERATIONS, type Operation, type OperationId, operationsAt } from "./api/operations.ts";
import { answerUnmatched, serve } from "./api/serve.ts";

export type { Deps } from "./api/exchange.ts";

/** Builds the service: `app.fetch` answers any web-standard request. It knows neither its runtime nor its store. */
export function createApp(deps: Deps): Hono {
  const app = new Hono();
  const shared = share(deps);
  const handlers = createHandlers(shared);

  function register<K extends OperationId>(id: K): void {
    const { method, path, alias, forEveryone = false }: Operation = OPERATIONS[id];
    const handle = handlers[id];
    app.on(method, alias ? [path, alias] : [path], (context) => serve(new Exchange(shared, context, forEveryone), id, handle));
  }

  for (const id of Object.keys(OPERATIONS) as OperationId[]) register(id);
  app.notFound((context) => {
    const forEveryone = operationsAt(context.req.path).some((operation) => operation.forEveryone);
    return answerUnmatched(new Exchange(shared, context, forEveryone));
  });
  return app;
}
