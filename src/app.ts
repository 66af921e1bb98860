import { Hono } from "hono/tiny";
import { createDayClock } from "./domain/day.ts";
import { allowSites } from "./domain/site.ts";
import { createKeyChecks } from "./http/auth.ts";
import { createClientAddress } from "./http/client-address.ts";
import type { Deps } from "./http/deps.ts";
import type { Env } from "./http/env.ts";
import { handleError } from "./http/errors.ts";
import { commonHeaders, cors } from "./http/headers.ts";
import { createReadLimit } from "./http/read-limit.ts";
import { requestLog } from "./http/request-log.ts";
import { handleUnmatched, limitUrl } from "./http/routing.ts";
import { createSiteChoice } from "./http/site.ts";
import { pagesAndScripts } from "./routes/assets.ts";
import { client } from "./routes/client.ts";
import { createCounting } from "./routes/counting.ts";
import { health } from "./routes/health.ts";
import { badge, pixel } from "./routes/images.ts";
import { pages, series, sites } from "./routes/lists.ts";
import { takeover } from "./routes/takeover/takeover.ts";
import { exportVisits, importVisits } from "./routes/transfer.ts";
import { visits } from "./routes/visits.ts";

/** Builds the service: `app.fetch` answers any web-standard request. It knows neither its runtime nor its store. */
export function createApp(deps: Deps) {
  const { config, log, meter, now, newId } = deps;
  const allowed = allowSites(config.sites);
  const choice = createSiteChoice(allowed, config.defaultSite);
  const today = createDayClock(now, config.timeZone);
  const addressOf = createClientAddress(config, deps.socketAddress);
  const limitReads = createReadLimit({ addressOf, visitsPerMinute: config.visitsPerMinute, now });
  const routes = {
    ...deps,
    addressOf,
    today,
    sites: choice,
    keys: createKeyChecks(config),
    count: createCounting({ ...deps, addressOf, limitReads }, choice, today),
    limitReads,
  };
  const app = new Hono<Env>({ strict: false });

  app.use(requestLog({ log, meter, now, all: config.log === "all", project: config.project }));
  app.use(commonHeaders(newId), cors(allowed), limitUrl);
  app.onError(handleError(deps));
  app.notFound(handleUnmatched(app));

  app.route("/v1/visits", visits(routes));
  app.route("/visits", visits(routes));
  app.route("/v1/badge", badge(routes));
  app.route("/v1/pixel", pixel(routes));
  app.route("/v1/sites", sites(routes));
  app.route("/v1/pages", pages(routes));
  app.route("/v1/series", series(routes));
  app.route("/v1/import", importVisits(routes));
  app.route("/v1/export", exportVisits(routes));
  app.route("/v1/client", client(routes));
  app.route("/v1/health", health(routes));
  app.route("/", pagesAndScripts(routes));
  if (config.takeover.length > 0) app.route("/", takeover(routes));

  return app;
}
