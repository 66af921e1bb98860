import { expect, test } from "vitest";
import { StoreError } from "../../src/domain/store.ts";
import { FROM_SITE, GOOGLEBOT, startService } from "./service.ts";

test("the sums of a minute tell visits, duplicates, bots, refusals by their reason, batches and commits", async () => {
  const { send, clock, store, sums } = startService({ NEW_PAGES_BURST: "3", CLIENT_IP_HEADER: "X-Real-IP", VISITS_PER_MINUTE: "1" });
  const { commit } = store;
  store.commit = (...args) => {
    clock.time += 25;
    args[2]?.();
    return commit(...args);
  };
  await Promise.all([send("POST /visits"), send("POST /visits"), send("POST /visits")]);
  for (let times = 0; times < 2; times += 1) await send("POST /visits", { body: { page: "/a", id: "visit-1234" } });
  for (let times = 0; times < 3; times += 1) await send("POST /visits", { headers: { "X-Real-IP": "203.0.113.9" } });
  await send("POST /visits", { headers: { ...FROM_SITE, "User-Agent": GOOGLEBOT } });
  await send("POST /visits", { body: { page: "/b" } });
  await send("POST /visits", { body: { page: "/c" } });
  await send("GET /visits?page=%00");
  expect(sums).toEqual([]);
  clock.time += 60_000;
  await send("GET /nothing");
  expect(sums).toEqual([
    {
      seconds: 60,
      requests: 12,
      counted: 6,
      duplicate: 1,
      bot: 1,
      "too-many-requests": 2,
      "too-many-new-pages": 1,
      "invalid-input": 1,
      batches: 5,
      batchVisits: 7,
      batchVisitsMax: 3,
      commitMs: 125,
      commitMsMax: 25,
      retries: 5,
    },
  ]);
});

test("a batch whose outcome stays unknown is told, and so are the visits that are answered 503", async () => {
  const { send, store, sums, meter } = startService();
  store.failure = new StoreError("away", { retryable: true });
  await Promise.all([send("POST /visits"), send("POST /visits"), send("POST /visits")]);
  meter.flush();
  expect(sums).toEqual([{ seconds: 0, requests: 3, unknown: 1, unavailable: 3 }]);
});
