import { Hono } from "hono/tiny";
import type { TakeoverProtocol } from "../../http/config.ts";
import type { Env } from "../../http/env.ts";
import { createCounting } from "../counting.ts";
import type { RouteDeps } from "../deps.ts";
import { abacus } from "./abacus.ts";
import { busuanzi } from "./busuanzi.ts";
import { counterscale } from "./counterscale.ts";
import { goatcounter } from "./goatcounter.ts";
import { hits } from "./hits.ts";
import { komarev } from "./komarev.ts";
import { leancloud } from "./leancloud.ts";
import { moeCounter } from "./moe-counter.ts";
import { openkounter } from "./openkounter.ts";
import { plausible } from "./plausible.ts";
import { script } from "./script.ts";
import { seeyoufarm } from "./seeyoufarm.ts";
import { soxft } from "./soxft.ts";
import { umami } from "./umami.ts";
import { vercount } from "./vercount.ts";
import { createCountView, createReadPage, createReadViews, type TakeoverDeps } from "./views.ts";
import { visitorBadge } from "./visitor-badge.ts";

const PROTOCOLS: Readonly<Record<TakeoverProtocol, (deps: TakeoverDeps) => Hono<Env>>> = {
  busuanzi,
  vercount,
  soxft,
  leancloud,
  openkounter,
  goatcounter,
  komarev,
  "visitor-badge": visitorBadge,
  seeyoufarm,
  umami,
  plausible,
  counterscale,
  abacus,
  countapi: abacus,
  "moe-counter": moeCounter,
  // Last, as it takes whatever ends in .svg.
  hits,
};

/** A site's new keys, of which anybody can invent more through an image's URL: at once, and as they come back in an hour. */
const NEW_KEYS_BURST = 200;
const NEW_KEYS_PER_HOUR = 60;
/** Readers that one address of an image proxy may stand for. */
const READERS_PER_PROXY = 20;

/** Answers the protocols of other counters that `TAKEOVER` names; the core knows none of them. */
export function takeover(deps: RouteDeps): Hono<Env> {
  const { config, sites, today } = deps;
  const read = createReadViews(deps);
  const readPage = createReadPage(read);
  const countKey = createCounting(
    {
      ...deps,
      config: {
        ...config,
        newPagesBurst: Math.min(NEW_KEYS_BURST, config.newPagesBurst),
        newPagesPerHour: Math.min(NEW_KEYS_PER_HOUR, config.newPagesPerHour),
        visitsPerMinute: READERS_PER_PROXY * config.visitsPerMinute,
      },
    },
    sites,
    today,
  );
  const view = createCountView(deps.count, deps, readPage);
  const own = { ...deps, read, readPage, view, viewKey: createCountView(countKey, deps, readPage) };

  const app = new Hono<Env>();
  app.route("/", script(deps));
  for (const routes of new Set(config.takeover.map((protocol) => PROTOCOLS[protocol]))) app.route("/", routes(own));
  return app;
}
