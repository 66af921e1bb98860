import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { ACTIONS, planOf } from "../../build/deploy/plan.ts";
import { type Cloud, newCloud } from "./cloud.ts";
import { DEMO, filled } from "./demo.ts";

const SLOW_MS = 300_000;

/** Clouds in which one, two and three versions were deployed. */
const CLOUDS: Cloud[] = [];

beforeAll(async () => {
  for (const version of ["v10", "v11", "v12"]) {
    const cloud = newCloud(CLOUDS.at(-1));
    expect(await cloud.take(planOf(DEMO, version))).toMatchObject({ code: 0 });
    CLOUDS.push(cloud);
  }
});

/** A cloud with as many versions deployed; their names, the oldest first. */
function deployed(versions: number) {
  const cloud = newCloud(CLOUDS[versions - 1]);
  return { cloud, names: cloud.namesOf("api-configs").toSorted() };
}

function running(cloud: Cloud) {
  return { config: cloud.read("gateway-config:footfall"), traffic: cloud.read("traffic:to") };
}

test("back brings revision and config of the version before, again and again, and the next deployment goes forward", {
  timeout: SLOW_MS,
}, async () => {
  const { cloud, names } = deployed(3);
  const [first = "", second = ""] = names;
  expect(await cloud.deploy({}, "back")).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${second} runs in place of ${names[2]}`),
  });
  expect(running(cloud)).toEqual({ config: second, traffic: second });
  expect(await cloud.deploy({}, "back")).toMatchObject({ code: 0 });
  expect(running(cloud)).toEqual({ config: first, traffic: first });
  expect(await cloud.deploy({}, "back")).toMatchObject({ code: 1, output: expect.stringContaining("There is none") });
  expect(await cloud.deploy()).toMatchObject({ code: 0 });
  expect(running(cloud)).toEqual({ config: cloud.namesOf("api-configs").toSorted().at(-1), traffic: "latest" });
});

test("back passes over a version whose deployment broke off", { timeout: SLOW_MS }, async () => {
  const { cloud, names } = deployed(1);
  expect(await cloud.deploy({ FAIL: "run deploy" })).toMatchObject({ code: 1 });
  await cloud.deploy();
  expect(await cloud.deploy({}, "back")).toMatchObject({ code: 0 });
  expect(running(cloud)).toEqual({ config: names[0], traffic: names[0] });
});

test.each([{}, { FAIL_AFTER: "1" }])(
  "rotate-key leaves one key, which the secret has and the service is told, also where each step fails in turn: %j",
  { timeout: SLOW_MS },
  async (mode) => {
    const { cloud } = deployed(1);
    const [old] = cloud.namesOf("api-keys");
    for (const { command, each } of planOf(DEMO, "0", "rotate-key")) {
      const [, ...args] = filled(each?.command ?? command);
      const [fail = ""] = args.join(" ").split(/ --key-id|footfall-admin-(?:v1|0)|:2 | --project=/, 1);
      expect(await cloud.deploy({ FAIL: fail, ...mode }, "rotate-key")).toMatchObject({ code: 1 });
    }
    expect(await cloud.deploy({}, "rotate-key")).toMatchObject({ code: 0 });
    const keys = cloud.namesOf("api-keys");
    expect(keys).toHaveLength(1);
    expect(keys).not.toContain(old);
    // The one before stays for instances to which it is still the latest.
    expect(cloud.secrets()).toEqual([expect.any(String), `AIza-the-${keys[0]}`]);
    const newest = Math.max(...cloud.namesOf("versions").map(Number));
    expect(cloud.calls().findLast((call) => call.includes("run services update"))).toContain(`=footfall-admin-key:${newest} `);
    expect(cloud.calls().findLastIndex((call) => call.includes("run services update"))).toBeLessThan(
      cloud.calls().findLastIndex((call) => call.includes("api-keys delete")),
    );
  },
);

test("rotate-key is refused while an earlier version runs, as its instances would not read the new key", { timeout: SLOW_MS }, async () => {
  const { cloud } = deployed(2);
  await cloud.deploy({}, "back");
  const before = cloud.namesOf("api-keys");
  expect(await cloud.deploy({}, "rotate-key")).toMatchObject({ code: 1, output: expect.stringContaining("deploy first") });
  expect(cloud.namesOf("api-keys")).toEqual(before);
});

test("a deployment brings the secret back in step with a key that was replaced by hand", async () => {
  const { cloud } = deployed(1);
  cloud.write("api-keys:footfall-admin-v9", "0\n");
  expect(await cloud.deploy()).toMatchObject({ code: 0 });
  expect(cloud.secrets().at(-1)).toBe("AIza-the-footfall-admin-v9");
});

test("remove takes everything down but the database, is safe to run again, and says how to remove that", { timeout: SLOW_MS }, async () => {
  const { cloud } = deployed(2);
  for (const fail of ["gateways delete", "storage rm", "secrets delete"]) {
    expect(await cloud.deploy({ FAIL: fail }, "remove")).toMatchObject({ code: 1 });
  }
  // As where there are no guards.
  const { code, output } = await cloud.deploy({ FAIL: "billing projects describe" }, "remove");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("gcloud firestore databases delete") });
  // The bucket may hold other services' sources.
  expect(cloud.things()).toEqual([
    ...["buckets:run-sources-demo-project-europe-west1", "cleanup:images", "cleanup:sources"],
    ...["databases:(default)", "ttls:batch", "ttls:salt", "ttls:visit"],
  ]);
  expect(cloud.namesOf("api-configs")).toEqual([]);
  expect(cloud.namesOf("grants").filter((name) => /datastore|builder/.test(name))).toEqual([]);
  expect(await cloud.deploy({}, "remove")).toMatchObject({ code: 0 });
});

test("remove does not take what it may not see for gone", async () => {
  const { cloud } = deployed(1);
  const { code, output } = await cloud.deploy({ FAIL: "gateways describe" }, "remove");
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("made to fail") });
});

test("no action prints or passes on a key, also where its step fails", { timeout: SLOW_MS }, async () => {
  const cloud = newCloud();
  const outputs = [await cloud.deploy({ FAIL: "api-keys create", FAIL_AFTER: "1" }), await cloud.deploy()];
  for (const action of ACTIONS) outputs.push(await cloud.deploy({}, action, "--dry-run"), await cloud.deploy({}, action));
  outputs.push(await cloud.deploy());
  expect(cloud.secrets()).toEqual([expect.stringMatching(/^AIza-the-/)]);
  for (const { output } of outputs) expect(output).not.toContain("AIza");
  expect(cloud.calls().join("\n")).not.toContain("AIza");
  expect(readFileSync("dist/gateway/deployed.json", "utf8")).not.toContain("AIza");
});

test("the stand-in shows a key where the real gcloud does", async () => {
  const { cloud } = deployed(1);
  const shown = await cloud.run("gcloud", ["services", "api-keys", "create", "--key-id=other", "--format=none"]);
  expect(shown.output).toContain('"keyString": "AIza-the-other"');
});
