import { expect, test } from "vitest";
import { describeTakeover, fromPage, STRANGER, type Stage } from "./stage.ts";

const KEYS = { "X-LC-Id": "app", "X-LC-Key": "key" };
const ONE_MORE = { time: { __op: "Increment", amount: 1 } };
const CLASS = "/1.1/classes/Counter";

describeTakeover("leancloud,openkounter", ({ send, totals, newSite }) => {
  /** A theme's requests from a page of a site. */
  function themeOf(site: string) {
    const headers = { ...fromPage(site), ...KEYS };
    const find = (where: unknown) => send(`GET ${CLASS}?where=${encodeURIComponent(JSON.stringify(where))}`, { headers });
    return {
      find,
      results: async (where: unknown) => (await find(where)).json().results,
      post: (path: string, body: unknown) => send(`POST ${path}`, { headers, body }),
      put: (id: string, body: unknown = ONE_MORE) => send(`PUT ${CLASS}/${id}`, { headers, body }),
    };
  }

  test("NexT: a new page is created with 1, an old one is found with the total before this visit, and incremented", async () => {
    const site = newSite();
    const { results, post, put } = themeOf(site);
    expect(await results({ url: "/2026/11/你好/" })).toEqual([]);
    const created = await post(CLASS, { title: "你好", url: "/2026/11/你好/", time: 1 });
    expect([created.status, Object.keys(created.json())]).toEqual([201, ["objectId", "createdAt"]]);
    const [found] = await results({ url: "/2026/11/你好/" });
    expect(found).toEqual({ objectId: created.json().objectId, url: "/2026/11/你好/", time: 1 });
    const done = (await put(found.objectId)).json();
    expect(done).toMatchObject({ objectId: found.objectId, time: 2 });
    expect(new Date(done.updatedAt).getTime()).toBeGreaterThan(0);
    expect(await totals(site, "/2026/11/你好")).toEqual([2, 2]);
  });

  test("a list shows what is there, by the names that it asked for, and counts nothing", async () => {
    const site = newSite();
    const { results, post } = themeOf(site);
    await post(CLASS, { url: "/a/", time: 1 });
    const url = { $in: ["/a/", "/a", "/%61/index.html", `https://${site}/a/`, "/none/"] };
    expect((await results({ url })).map(({ url, time }: { url: string; time: number }) => [url, time])).toEqual(
      ["/a/", "/a", "/%61/index.html", `https://${site}/a/`].map((name) => [name, 1]),
    );
    expect(await totals(site, "/a")).toEqual([1, 1]);
  });

  test("Fluid: the site's numbers follow from the page's, and a batch counts once", async () => {
    const site = newSite();
    const { results, post } = themeOf(site);
    const [pv] = await results({ target: "site-pv" });
    const [uv] = await results({ target: "site-uv" });
    expect([pv.time, uv.time]).toEqual([0, 0]);
    const page = (await post(CLASS, { target: "/post/", time: 0 })).json();
    expect(await totals(site, "/post")).toEqual([0, 0]);
    const requests = [pv, uv, page].map(({ objectId }) => ({ method: "PUT", path: `${CLASS}/${objectId}`, body: ONE_MORE }));
    const answer = (await post("/1.1/batch", { requests })).json();
    expect(answer.map(({ success }: { success: { time: number } }) => success.time)).toEqual([undefined, undefined, 1]);
    expect(await totals(site, "/post")).toEqual([1, 1]);
    expect((await results({ target: "site-pv" }))[0].time).toBe(1);
  });

  test("the SDK's query that is too long for a URL comes as a batch", async () => {
    const site = newSite();
    const { post } = themeOf(site);
    await post(CLASS, { url: "/b/", time: 1, ACL: { "*": { read: true } }, xid: "/b/", title: "b" });
    const where = { url: { $in: ["/b/", "/none/"] } };
    const requests = [where, JSON.stringify(where)].map((where) => ({ method: "GET", path: CLASS, params: { where } }));
    for (const { success } of (await post("/1.1/batch", { requests })).json()) {
      expect(success.results).toMatchObject([{ url: "/b/", time: 1 }]);
    }
  });

  test("preflights allow the SDK's headers", async () => {
    for (const path of [`${CLASS}/abc`, CLASS, "/1.1/batch"]) {
      const { status, headers } = await send(`OPTIONS ${path}`, { headers: fromPage(newSite()) });
      expect(status).toBe(204);
      for (const name of ["X-LC-Id", "X-LC-Key", "X-LC-Sign", "X-LC-UA", "X-LC-Prod"]) {
        expect(String(headers["access-control-allow-headers"])).toContain(name);
      }
    }
  });

  test.each<[string, (theme: ReturnType<typeof themeOf>, site: string) => ReturnType<Stage["send"]>]>([
    ["an amount of 2", ({ put }) => put(idOf("/x"), { time: { __op: "Increment", amount: 2 } })],
    ["an amount of -1", ({ put }) => put(idOf("/x"), { time: { __op: "Increment", amount: -1 } })],
    ["another operation", ({ put }) => put(idOf("/x"), { time: { __op: "Delete" } })],
    ["a plain number", ({ put }) => put(idOf("/x"), { time: 5 })],
    ["another field", ({ put }) => put(idOf("/x"), { ...ONE_MORE, url: "/y" })],
    ["an id that is none", ({ put }) => put("507f1f77bcf86cd799439011")],
    ["an id of no normal page", ({ put }) => put(idOf("/x/"))],
    ["a start value", ({ post }) => post(CLASS, { url: "/x", time: 1000 })],
    ["a url of the wrong type", ({ post }) => post(CLASS, { url: ["/x"], time: 1 })],
    ["an empty url", ({ post }) => post(CLASS, { url: "", time: 1 })],
    ["an empty target of OpenKounter", ({ post }) => post("/api/counter", { action: "inc", target: " " })],
    ["no url", ({ post }) => post(CLASS, { time: 1 })],
    ["another site's page", ({ post }) => post(CLASS, { url: "https://stranger.test/x", time: 1 })],
    ["a where that is no object", ({ find }) => find("x")],
    ["a regular expression", ({ find }) => find({ url: { $regex: "(a+)+$" } })],
    ["another field's where", ({ find }) => find({ title: "x" })],
    ["an or", ({ find }) => find({ $or: [{ url: "/x" }] })],
    ["two fields", ({ find }) => find({ url: "/x", target: "/x" })],
    ["a prototype", ({ find }) => find(JSON.parse('{"__proto__":{"url":"/x"}}'))],
    ["a list of 101", ({ find }) => find({ url: { $in: Array.from({ length: 101 }, (_, index) => `/${index}`) } })],
    ["a batch with one bad request", ({ post }) => post("/1.1/batch", { requests: [putOf("/x"), { ...putOf("/x"), body: {} }] })],
    ["a batch of 11", ({ post }) => post("/1.1/batch", { requests: Array.from({ length: 11 }, () => putOf("/x")) })],
    ["a batch for another class", ({ post }) => post("/1.1/batch", { requests: [{ ...putOf("/x"), path: "/1.1/classes/Other/abc" }] })],
    ["a batch that deletes", ({ post }) => post("/1.1/batch", { requests: [{ ...putOf("/x"), method: "DELETE" }] })],
    ["a batch that is none", ({ post }) => post("/1.1/batch", "[]")],
  ])("%s is refused, and nothing is counted", async (_, ask) => {
    const site = newSite();
    const answer = await ask(themeOf(site), site);
    expect([answer.status, answer.json().type]).toEqual([400, "urn:footfall:invalid-input"]);
    expect(["*", `https://${site}`]).toContain(answer.headers["access-control-allow-origin"]);
    expect(await totals(site, "/x")).toEqual([0, 0]);
  });

  test("a batch of 10,000 is too large", async () => {
    const { post } = themeOf(newSite());
    const answer = await post("/1.1/batch", { requests: Array.from({ length: 10_000 }, () => putOf("/x")) });
    expect(answer.status).toBe(413);
  });

  test("a strange site may neither create nor increment", async () => {
    const headers = { ...fromPage("x"), Origin: STRANGER };
    const bodies: readonly [string, unknown][] = [
      [`POST ${CLASS}`, { url: "/x", time: 1 }],
      [`PUT ${CLASS}/${idOf("/x")}`, ONE_MORE],
      ["POST /1.1/batch", { requests: [putOf("/x")] }],
      ["POST /api/counter", { action: "inc", target: "/x" }],
    ];
    for (const [target, body] of bodies) expect((await send(target, { headers, body })).status, target).toBe(403);
  });

  test("OpenKounter reads, counts one, and counts a batch once", async () => {
    const site = newSite();
    const headers = fromPage(site);
    const get = (target: string) => send(`GET /api/counter?target=${encodeURIComponent(target)}`, { headers });
    expect((await get("/你好/")).json()).toEqual({ code: 0, data: { time: 0, target: "/你好/", created_at: null, updated_at: null } });
    const one = await send("POST /api/counter", { headers, body: { action: "inc", target: "/你好/" } });
    expect(one.json()).toEqual({ code: 0, data: { time: 1, target: "/你好/" } });
    const requests = ["site-pv", "site-uv", "/你好/"].map((target) => ({ target }));
    const batch = await send("POST /api/counter", { headers, body: { action: "batch_inc", requests } });
    expect(batch.json().data.map(({ time }: { time: number }) => time)).toEqual([2, 2, 2]);
    expect((await get("site-pv")).json().data.time).toBe(2);
    expect(await totals(site, "/你好")).toEqual([2, 2]);
  });

  test.each([
    { action: "set", target: "/x" },
    { action: "inc" },
    { action: "batch_inc", requests: "x" },
    { action: "batch_inc", requests: Array.from({ length: 11 }, () => ({ target: "/x" })) },
    { action: "batch_inc", requests: [{ target: "/x" }, { target: 1 }] },
  ])("OpenKounter refuses %j", async (body) => {
    const site = newSite();
    expect((await send("POST /api/counter", { headers: fromPage(site), body })).status).toBe(400);
    expect(await totals(site, "/x")).toEqual([0, 0]);
  });
});

/** The objectId of a page, as the service makes it. */
function idOf(page: string): string {
  return Buffer.from(page).toString("base64url");
}

function putOf(page: string): object {
  return { method: "PUT", path: `${CLASS}/${idOf(page)}`, body: ONE_MORE };
}
