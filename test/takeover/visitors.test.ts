import { expect, test } from "vitest";
import { SALTED } from "../http/service/visitors.ts";
import { CAMO, describeTakeover, fromElement, fromPage } from "./stage.ts";

describeTakeover(
  "busuanzi,soxft,umami,goatcounter,seeyoufarm",
  ({ send, newSite }) => {
    test("unique visitors are those of the service, wherever a protocol has them", SALTED, async () => {
      const site = newSite();
      const read = (client: string) => {
        const headers = { ...fromElement(`https://${site}/a`), "X-Client": client };
        return send("GET /busuanzi?jsonpCallback=show", { headers });
      };
      for (const client of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) await read(client);
      const { text } = await read("192.0.2.1");
      expect(text).toBe('try{show({"site_uv":2,"page_pv":4,"version":2.4,"site_pv":4});}catch(e){}');

      const headers = { ...fromPage(site), "X-Client": "192.0.2.3", "x-bsz-referer": `https://${site}/b` };
      expect((await send("POST /api", { headers })).json().data).toEqual({ site_pv: 5, site_uv: 3, page_pv: 1, page_uv: 1 });
      const stats = (await send("GET /api/websites/any/stats", { headers })).json();
      expect([stats.pageviews.value, stats.visitors.value]).toEqual([5, 3]);
      expect((await send("GET /counter/%2Fa.json", { headers })).json()).toEqual({ count: "4", count_unique: "2" });
    });

    test("a proxy of images is a view of today, and no visitor", async () => {
      const headers = { "User-Agent": CAMO, "X-Client": "192.0.2.1" };
      const url = "/api/count/incr/badge.svg?url=https://github.com/visitors/none";
      await send(`GET ${url}`, { headers });
      expect((await send(`GET ${url}`, { headers })).text).toContain(">2 / 2<");
      const { pages } = (await send("GET /v1/visits?site=github.com&page=/visitors/none")).json();
      expect(pages[0]).toMatchObject({ visits: 2, visitors: 0 });
    });
  },
  { VISITORS: "daily", CLIENT_IP_HEADER: "X-Client" },
);
