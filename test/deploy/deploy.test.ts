import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { planOf } from "../../build/deploy/plan.ts";
import type { Command, Step } from "../../build/deploy/step.ts";
import { type Cloud, type Ended, newCloud } from "./cloud.ts";
import { DEMO, filled, OPTIONS, PLAIN } from "./demo.ts";

/** Everything of Google's that may settle late does so, in seconds. */
const LATE = "480";
const SLOW_MS = 900_000;
/** The command that makes the gateway's document, as it is printed. */
const MADE = /\$ node build\/deploy\/fill-in\.ts (\S+) (\S+) dist/;
const THINGS = [
  "apis:footfall",
  "buckets:run-sources-demo-project-europe-west1",
  "budgets:budgets-1",
  "channels:channels-1",
  "cleanup:images",
  "cleanup:sources",
  "databases:(default)",
  "databases:default-salts",
  "exclusions:footfall-requests",
  "gateways:footfall",
  "metrics:footfall-shed",
  "packages:footfall",
  "policies:down",
  "policies:errors",
  "policies:shed",
  "schedules:schedules-1",
  "secrets:footfall-admin-key",
  "service-accounts:footfall-build",
  "service-accounts:footfall-gateway",
  "service-accounts:footfall-run",
  "services:footfall",
  "ttls:batch",
  "ttls:salt",
  "ttls:visit",
  "uptime:uptime-1",
];

function thingsOf(cloud: Cloud) {
  const keys = cloud.namesOf("api-keys");
  expect(cloud.secrets()).toEqual(keys.map((key) => `AIza-the-${key}`));
  return cloud.things().filter((name) => !name.startsWith("api-keys:"));
}

describe("a deployment", () => {
  const cloud = newCloud();
  let ended: Ended;

  beforeAll(async () => {
    ended = await cloud.deploy();
  });

  test("makes everything, prints every command, and then the URL and the tag to paste", () => {
    expect(ended).toEqual({ code: 0, output: expect.not.stringContaining("ERROR") });
    expect(thingsOf(cloud)).toEqual(THINGS);
    expect(ended.output).toContain('<script async src="https://footfall-a1b2c3.ew.gateway.dev/embed.js"></script>');
    expect(ended.output).toContain("$ gcloud services enable footfall-a1b2c3.apigateway.demo-project.cloud.goog");
  });

  test("makes the first revision when its key, its secret and their grant are there, and the gateway after it", () => {
    const calls = cloud.calls();
    const at = (part: string) => calls.findIndex((call) => call.includes(part));
    const order = [
      "roles/datastore.user",
      "roles/run.builder",
      "databases create",
      "api-configs create",
      "api-keys create",
      "secretAccessor",
      "versions add",
      "run deploy",
      "roles/run.invoker",
      "gateways create",
      "gateways update",
    ].map(at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test("run again, finds everything done and only brings the new version", async () => {
    const before = cloud.calls().length;
    expect(await cloud.deploy()).toMatchObject({ code: 0 });
    const made = cloud
      .calls()
      .slice(before)
      .filter((call) => / (?:create|add) /.test(call));
    expect(made).toEqual([
      expect.stringContaining("datastore indexes create"),
      expect.stringMatching(/api-configs create footfall-v\d{17} /),
    ]);
    expect(thingsOf(cloud)).toEqual(THINGS);
  });
});

test.each([
  ["before it has done anything", {}],
  ["when it has done it all, but its answer is lost", { FAIL_AFTER: "1" }],
])(
  "each step in turn fails %s: it stops there and says what to do, and running it again finishes the job",
  { timeout: SLOW_MS },
  async (_, mode) => {
    const cloud = newCloud();
    let failed = 0;
    // Each is a newer version, and all are older than the command's.
    for (const [index, { at, title, fail, hint }] of failures().entries()) {
      const version = `v${String(index).padStart(17, "0")}`;
      // The steps before the last failure are done; the last run takes all again.
      const taken = planOf(DEMO, version).filter((step, place) => place >= failed || isOf(version, step));
      const { code, output } = await cloud.take(taken, { FAIL: fail, ...mode });
      failed = at;
      expect({ title, code, output }).toEqual({ title, code: 1, output: expect.stringContaining(hint) });
      expect(output).toContain("Then run the same command again");
      expect(cloud.calls().at(-1)).toContain(fail);
    }
    expect(await cloud.deploy()).toMatchObject({ code: 0 });
    expect(thingsOf(cloud)).toEqual(THINGS);
  },
);

/** Whether a step is needed where all were taken for another version: it saves something, or makes this one. */
function isOf(version: string, { check, saves, command }: Step): boolean {
  return saves !== undefined || (!check && command.some((word) => word.endsWith(version)));
}

/** What makes each of the plan's gcloud commands fail when it is due, in a cloud where the steps before are done, and which step that is. */
function failures(): { at: number; title: string; fail: string; hint: string }[] {
  const due = planOf(DEMO, "0").map((step) => ({ step, fails: dueIn(step).map(fragment) }));
  return due.flatMap(({ fails }) =>
    fails.map((fail) => {
      const at = due.findIndex((other) => other.fails.includes(fail));
      const { title = "", hint = "" } = due[at]?.step ?? {};
      return { at, title, fail, hint };
    }),
  );
}

/** The commands of a step whose failure is its own: what cannot be described is not there. */
function dueIn({ check, input, each, command }: Step): Command[] {
  const commands = [check?.command.includes("list") ? check.command : undefined, input, each ? each.command : command];
  return commands.filter((one): one is Command => one?.[0] === "gcloud");
}

/** Enough of a command to know it by, whichever version it brings and whichever key it made. */
function fragment(command: Command): string {
  return (
    filled(command)
      .join(" ")
      .split(/-0 |-0$|footfall-admin-v1|<| --revision| --key-id|:latest| --project=/, 1)[0] ?? ""
  );
}

test("what settles late is waited for, up to ten minutes each, and the wait is said", { timeout: SLOW_MS }, async () => {
  const cloud = newCloud();
  const { code, output } = await cloud.deploy({ LATE });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("https://footfall-a1b2c3.ew.gateway.dev") });
  expect(thingsOf(cloud)).toEqual(THINGS);
  for (const what of [
    "a service of Google's that was just enabled",
    "an account that was just made",
    "a secret",
    "the gateway, which takes",
  ])
    expect(output).toContain(`not yet: waits for ${what}`);
  expect(Number(cloud.read("clock"))).toBeLessThan(3_600);
});

test("what has not settled after ten minutes is a failure, and running it again goes on", { timeout: SLOW_MS }, async () => {
  const cloud = newCloud();
  const late = { LATE: "620" };
  const first = await cloud.deploy(late);
  expect(first).toMatchObject({ code: 1, output: expect.stringContaining("Then run the same command again") });
  expect(Number(cloud.read("clock"))).toBe(600);
  let code = 1;
  for (let times = 0; code !== 0 && times < 10; times += 1) ({ code } = await cloud.deploy(late));
  expect(thingsOf(cloud)).toEqual(THINGS);
});

test("what it was all for is said also where a guard fails", async () => {
  const cloud = newCloud();
  const { code, output } = await cloud.deploy({ FAIL: "billing budgets list" });
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("You need roles/billing.costsManager") });
  expect(output).toContain("The service answers at https://footfall-a1b2c3.ew.gateway.dev");
});

test("a refusal that does not pass by itself is not waited for", async () => {
  const cloud = newCloud();
  expect(await cloud.deploy({ FAIL: "databases create" })).toMatchObject({ code: 1, output: expect.not.stringContaining("embed.js") });
  expect(() => cloud.read("clock")).toThrow("ENOENT");
});

test("the plan that --dry-run prints says what is made and what it costs, and is a script that does the same, waits included", {
  timeout: SLOW_MS,
}, async () => {
  const cloud = newCloud();
  const { code, output } = await cloud.deploy({}, "--dry-run");
  expect(code).toBe(0);
  expect(() => cloud.calls()).toThrow("ENOENT");
  expect(output).toMatch(/^# {3}- database \(default\): the counts, protected from deletion$/m);
  expect(output).toMatch(/^# +100,000 visits a day: +\d+\.\d\d$/m);
  expect(await cloud.run("bash", ["-c", output], { LATE: "60" })).toMatchObject({ code: 0 });
  expect(thingsOf(cloud)).toEqual(THINGS);
});

test("of the API configs only those stay that one can go back to", { timeout: SLOW_MS }, async () => {
  const cloud = newCloud();
  const rest = (version: string) => planOf(PLAIN, version).filter((step) => isOf(version, step) || step.command.includes("api-gateway"));
  const broken = [planOf(PLAIN, "v10"), ...["v11", "v12"].map(rest)];
  const whole = [planOf(PLAIN, "v20"), ...["v21", "v22", "v23", "v24", "v25", "v26"].map(rest)];
  for (const plan of broken) expect(await cloud.take(plan, { FAIL: "gateways create" })).toMatchObject({ code: 1 });
  for (const plan of whole) expect(await cloud.take(plan)).toMatchObject({ code: 0 });
  const configs = cloud.namesOf("api-configs");
  expect(configs).toHaveLength(5);
  expect(configs.map((name) => cloud.read(`api-configs:${name}`))).toEqual(Array(5).fill("deployed"));
});

test("the gateway lets through what TAKEOVER names, also where a later deployment does not name it again", {
  timeout: SLOW_MS,
}, async () => {
  const cloud = newCloud();
  const named = await cloud.deploy({}, "--set", "TAKEOVER=busuanzi,leancloud");
  expect(await pathsIn(cloud, named)).toEqual(expect.arrayContaining(["/busuanzi", "/1.1/batch"]));
  const kept = await cloud.deploy();
  expect(await pathsIn(cloud, kept)).toEqual(expect.arrayContaining(["/busuanzi", "/1.1/batch"]));
  expect(await cloud.deploy({ FAIL: "services list" })).toMatchObject({ code: 1 });
  const taken = await cloud.deploy({}, "--set", "TAKEOVER=");
  expect(await pathsIn(cloud, taken)).not.toContain("/busuanzi");
  const later = await cloud.deploy();
  expect(await pathsIn(cloud, later)).not.toContain("/busuanzi");
});

/** The paths of the document that a deployment made, made again: another suite's may be in its file by now. */
async function pathsIn(cloud: Cloud, { code, output }: Ended): Promise<string[]> {
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(MADE) });
  const [, address = "", takeover = ""] = MADE.exec(output.replaceAll("\\", "")) ?? [];
  await cloud.run("node", ["build/deploy/fill-in.ts", address, takeover === "''" ? "" : takeover, join(cloud.state, "document")]);
  return Object.keys(JSON.parse(cloud.read("document")).paths);
}

test("sites may be given one by one, and the default database by its name", async () => {
  const options = ["--dry-run", "--sites", "b.example", "--set", "DATASTORE_DATABASE_ID=(default)"];
  const { code, output } = await newCloud().deploy({}, ...options);
  expect(code).toBe(0);
  expect(output).toMatch(/SITES=example\.com,[^@]*b\.example@/);
  expect(output).toContain("database default-salts");
});

test("an old gcloud is refused before anything is made", async () => {
  const cloud = newCloud();
  const { code, output } = await cloud.deploy({ GCLOUD_VERSION: "499.0.0" });
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("gcloud components update") });
  expect(cloud.things()).toEqual([]);
});

test.each([
  [["--region", "europe-west1", "--sites", "example.com"], "--project is missing"],
  [["--project", "Demo", "--region", "europe-west1", "--sites", "example.com"], '--project is "Demo"; allowed is a project\'s id'],
  [["--project", "demo-project", "--region", "europe", "--sites", "example.com"], '--region is "europe"'],
  [
    ["--project", "demo-project", "--region", "europe-west3", "--sites", "a.example"],
    "has no gateways; give --gateway-region as one of asia-",
  ],
  [["--project", "demo-project", "--region", "europe-west1", "--sites", "exa mple"], 'SITES is "exa mple"'],
  [["--project", "demo-project", "--region", "europe-west1"], "--sites is missing"],
  [[...OPTIONS, "--set", "SHARDS=0"], 'SHARDS is "0"; allowed is "auto", or an integer from 1 to 100'],
  [[...OPTIONS, "--set", "TAKEOVER=vercont"], 'TAKEOVER is "vercont"; allowed is "all", or'],
  [[...OPTIONS, "--set", "ADMIN_KEY=secret"], "kept in Secret Manager"],
  [[...OPTIONS, "--set", "STATS_KEY=planted-secret"], "--set is STATS_KEY=…, which would be printed"],
  [[...OPTIONS, "--set", "PUBLIC_STAT=true"], "--set is PUBLIC_STAT=…, which is no setting"],
  [[...OPTIONS, "--set", "STORE=sqlite"], "--set is STORE=…, which follows from the options"],
  [[...OPTIONS, "--set", "SITES=b.example"], "--set is SITES=…, which follows from the options: give --sites"],
  [[...OPTIONS, "--sites", "b.example;c.example"], "b.example;c.example"],
  [[...OPTIONS, "--set", "nothing"], '--set is "nothing"; allowed is NAME=VALUE'],
  [
    ["--project", "demo-project", "--region", "europe-west1", "--sites", "a.example", "--budget", "50"],
    "--budget is of the guards; give --with-guards EMAIL as well",
  ],
  [[...OPTIONS, "--max-instances", "0"], '--max-instances is "0"'],
  [[...OPTIONS, "--with-guards", "nobody"], '--with-guards is "nobody"; allowed is a mail address'],
  [[...OPTIONS, "--frob"], "Unknown option '--frob'"],
  [[...OPTIONS, "extra"], 'The action is "extra"; allowed are back, rotate-key, remove'],
  [[...OPTIONS, "back", "remove"], '"remove" is one action too many'],
])("refuses %j", async (args, why) => {
  const cloud = newCloud();
  const { code, output } = await cloud.run(process.execPath, ["build/deploy/main.ts", ...args]);
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(why) });
  expect(output).not.toContain("planted-secret");
  expect(() => cloud.calls()).toThrow("ENOENT");
});
