import { describe, expect, test } from "vitest";
import { readNodeConfig, readWorkerConfig } from "../../src/config.ts";
import { quote } from "../../src/domain/invalid.ts";
import { ConfigError } from "../../src/environment.ts";

const KEY = { client_email: "a@b.example", private_key: "PEM", private_key_id: "1", project_id: "acme" };

describe("settings", () => {
  test("have their defaults on Node", () => {
    expect(readNodeConfig({})).toEqual({
      port: 8080,
      store: "sqlite",
      sqlitePath: ".footfall/visits.sqlite",
      datastore: { project: undefined, databaseId: "", namespaceId: "", emulator: undefined, serviceAccount: undefined },
      sites: "*",
      defaultSite: "default",
      imagesNameSite: false,
      adminKey: null,
      publicStats: [],
      statsKeys: [],
      shards: 1,
      clientIpHeader: null,
      clientIpHops: 0,
      visitsPerMinute: 120,
      newPagesBurst: 5000,
      newPagesPerHour: 1000,
      pages: null,
      visitors: "off",
      timeZone: "UTC",
      takeover: [],
      log: "problems",
      project: null,
    });
  });

  test("count an empty value as absent", () => {
    const names = ["PORT", "STORE", "SITES", "SHARDS", "LOG", "PAGES", "ADMIN_KEY", "DATASTORE_EMULATOR_HOST", "K_SERVICE", "PUBLIC_STATS"];
    expect(readNodeConfig(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(readNodeConfig({}));
  });

  test.each([
    [{ K_SERVICE: "x", SITES: "a.example" }, "datastore"],
    [{ DATASTORE_EMULATOR_HOST: "127.0.0.1:8081" }, "datastore"],
    [{ DATASTORE_PROJECT_ID: "acme" }, "datastore"],
    [{ DATASTORE_PROJECT_ID: "acme", STORE: "sqlite" }, "sqlite"],
    [{}, "sqlite"],
  ])("%j counts in %s", (env, store) => {
    expect(readNodeConfig(env).store).toBe(store);
  });

  test("read sites as hosts, the first of which is the default", () => {
    const { sites, defaultSite } = readNodeConfig({ SITES: " www.Example.com:80 , blog.example.org,example.com" });
    expect(sites).toEqual(["example.com", "blog.example.org"]);
    expect(defaultSite).toBe("example.com");
    expect(readNodeConfig({ SITES: "a.example,b.example", DEFAULT_SITE: "www.b.example" }).defaultSite).toBe("b.example");
    expect(readNodeConfig({ DEFAULT_SITE: "mine.example" }).defaultSite).toBe("mine.example");
  });

  test("read who may see numbers: everybody all, everybody some sites, or who has a key", () => {
    expect(readNodeConfig({ PUBLIC_STATS: "true" }).publicStats).toBe("*");
    expect(readNodeConfig({ PUBLIC_STATS: "www.Example.com, blog.example.org" }).publicStats).toEqual(["example.com", "blog.example.org"]);
    expect(readNodeConfig({ STATS_KEY: "all_1, www.example.com=one-2" }).statsKeys).toEqual([
      { key: "all_1", site: null },
      { key: "one-2", site: "example.com" },
    ]);
  });

  test.each([
    [{ PUBLIC_STATS: "example.org", SITES: "example.com" }, /^PUBLIC_STATS is "example.org"; allowed is/],
    [{ STATS_KEY: "a key" }, /^STATS_KEY's entry 1 is not a key; allowed is/],
    [{ STATS_KEY: "one, =two" }, /^STATS_KEY's entry 2 is not a key; allowed is/],
    [{ STATS_KEY: "one,example.org=two", SITES: "example.com" }, /^STATS_KEY's entry 2 is of a site that may not count; allowed is/],
    [{ STATS_KEY: "example.com=same", ADMIN_KEY: "same" }, /^STATS_KEY's entry 1 is ADMIN_KEY; allowed is/],
  ])("%j is refused, and no key is shown", (env, line) => {
    expect(() => readNodeConfig(env)).toThrow(line);
  });

  test("know the default database by the name that Google's commands have for it", () => {
    expect(readNodeConfig({ DATASTORE_DATABASE_ID: "(default)" }).datastore.databaseId).toBe("");
    expect(readNodeConfig({ DATASTORE_EMULATOR_HOST: "[::1]:8081" }).datastore.emulator).toBe("[::1]:8081");
  });

  test("take a number of shards, or leave it to the instances", () => {
    expect(readNodeConfig({ SHARDS: "100" }).shards).toBe(100);
    expect(readNodeConfig({ SHARDS: "auto" }).shards).toBe("auto");
  });

  test("trust Cloudflare's header on workerd alone", () => {
    expect(readWorkerConfig({ SITES: "*" }).clientIpHeader).toBe("CF-Connecting-IP");
    expect(readNodeConfig({ CLIENT_IP_HEADER: "X-Real-IP" }).clientIpHeader).toBe("X-Real-IP");
  });

  test("estimate visitors where something tells the client's address", () => {
    expect(readWorkerConfig({ SITES: "*" }).visitors).toBe("daily");
    expect(readWorkerConfig({ SITES: "*", VISITORS: "off" }).visitors).toBe("off");
    expect(readNodeConfig({ CLIENT_IP_HEADER: "socket" })).toMatchObject({ clientIpHeader: "socket", visitors: "daily" });
    expect(readNodeConfig({ CLIENT_IP_HEADER: "X-Forwarded-For", CLIENT_IP_HOPS: "1", VISITORS: "daily" })).toMatchObject({
      clientIpHops: 1,
      visitors: "daily",
    });
  });

  test("take a time zone by its IANA name", () => {
    expect(readNodeConfig({ TIME_ZONE: "Asia/Kolkata" }).timeZone).toMatch(/^Asia\/(Kolkata|Calcutta)$/);
    expect(readNodeConfig({ TIME_ZONE: "UTC" }).timeZone).toBe("UTC");
  });

  test("of wrangler.toml are taken as numbers, flags and lists as well", () => {
    const bindings = { SITES: ["a.example", "b.example"], SHARDS: 4, PUBLIC_STATS: true, SITE_COUNTER: {} };
    expect(readWorkerConfig(bindings)).toMatchObject({ sites: ["a.example", "b.example"], shards: 4, publicStats: "*" });
    expect(() => readWorkerConfig({ ...bindings, PUBLIC_STATS: 1 })).toThrow(/^PUBLIC_STATS is "1"; allowed is /);
  });

  test("a worker has no connection of its own to take the address from", () => {
    const { message } = catchError(() => readWorkerConfig({ SITES: "*", CLIENT_IP_HEADER: "socket" }));
    expect(message).toMatch(/^CLIENT_IP_HEADER is "socket"; allowed is /);
  });

  test("read a service account's key, and its project", () => {
    const env = { SITES: "*", STORE: "datastore", GOOGLE_SERVICE_ACCOUNT_KEY: JSON.stringify({ ...KEY, type: "service_account" }) };
    expect(readWorkerConfig(env).datastore).toMatchObject({ project: "acme", serviceAccount: KEY });
  });

  const bad: Record<string, string>[] = [
    { PORT: "65536" },
    { PORT: "-1" },
    { PORT: "http" },
    { STORE: "redis" },
    { SITES: "a b" },
    { SITES: "a.example," },
    { SITES: "*.example.com" },
    { SITES: "https://example.com" },
    { DEFAULT_SITE: "c.example", SITES: "a.example,b.example" },
    { DEFAULT_SITE: "not a host" },
    { PUBLIC_STATS: "yes" },
    { SHARDS: "0" },
    { SHARDS: "101" },
    { SHARDS: "1.5" },
    { CLIENT_IP_HEADER: "X Forwarded" },
    { CLIENT_IP_HOPS: "1" },
    { CLIENT_IP_HOPS: "1", CLIENT_IP_HEADER: "socket" },
    { CLIENT_IP_HOPS: "-1", CLIENT_IP_HEADER: "X-Forwarded-For" },
    { VISITORS: "daily" },
    { VISITORS: "weekly", CLIENT_IP_HEADER: "socket" },
    { TIME_ZONE: "Berlin" },
    { TIME_ZONE: "Europe/Berlin " },
    { TIME_ZONE: "+01:00" },
    { VISITS_PER_MINUTE: "-1" },
    { NEW_PAGES_BURST: "many" },
    { NEW_PAGES_PER_HOUR: "-5" },
    { PAGES: "blog" },
    { PAGES: "/blog/" },
    { PAGES: "/blog/index.html,/" },
    { PAGES: "/a?b" },
    { SITES: '"example.com"' },
    { SITES: "a.com;b.com" },
    { DATASTORE_NAMESPACE: "two words" },
    { DATASTORE_DATABASE_ID: '"main"' },
    { DATASTORE_PROJECT_ID: "my project" },
    { TAKEOVER: "busuanzi,bususanzi" },
    { LOG: "none" },
    { DATASTORE_EMULATOR_HOST: "http://localhost" },
    { DATASTORE_EMULATOR_HOST: "::1:8081" },
    { DATASTORE_EMULATOR_HOST: "localhost:99999" },
    { SQLITE_PATH: '"/data/visits.sqlite"' },
    { SQLITE_PATH: "visits.sqlite\n" },
    { CLIENT_IP_HEADER: "Socket" },
    { CLIENT_IP_HEADER: "Forwarded" },
    { CLIENT_IP_HEADER: "socket", K_SERVICE: "x", SITES: "a.example" },
    { SITES: "x".repeat(64) },
  ];
  test.each(bad)("%j is refused in one line that names it and what is allowed", (env) => {
    const [name = "", value = ""] = Object.entries(env)[0] ?? [];
    const error = catchError(() => readNodeConfig(env));
    expect(error.message).toMatch(new RegExp(`^${name} is .*; allowed is .*\\.$`));
    expect(error.message).toContain(quote(value));
  });

  test.each([
    ["a worker", () => readWorkerConfig({}), "SITES"],
    ["Cloud Run", () => readNodeConfig({ K_SERVICE: "x" }), "SITES"],
    ["a worker on Datastore", () => readWorkerConfig({ SITES: "*", STORE: "datastore" }), "GOOGLE_SERVICE_ACCOUNT_KEY"],
  ] as const)("on %s, where a setting is missing the line says so", (_, read, name) => {
    expect(catchError(read).message).toMatch(new RegExp(`^${name} is not set; allowed is `));
  });

  test.each(["dev\n", '"dev"', "'dev'", "dev ", "schlüssel"])(
    "an ADMIN_KEY that no client can send is refused, and not shown: %j",
    (key) => {
      const error = catchError(() => readNodeConfig({ ADMIN_KEY: key }));
      expect(error.message).toMatch(/^ADMIN_KEY .*; allowed is /);
      expect(error.message).not.toContain("dev");
    },
  );

  test.each(["*", "/", "/*", "/blog/*", "*/print", "/a*b", "/%C3%A4/*"])("PAGES takes %s", (pattern) => {
    expect(readNodeConfig({ PAGES: pattern }).pages).toEqual([pattern]);
  });

  test.each(["top secret", '{"private_key":"top secret"}', "null"])("a bad service account's key is never shown: %s", (secret) => {
    const error = catchError(() => readWorkerConfig({ SITES: "*", GOOGLE_SERVICE_ACCOUNT_KEY: secret }));
    expect(error.message).toContain("GOOGLE_SERVICE_ACCOUNT_KEY");
    expect(error.message).not.toContain("top secret");
  });
});

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
