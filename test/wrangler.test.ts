import { join } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { products } from "../build/products.ts";
import { ROOT } from "../build/root.ts";
import { COMPATIBILITY_DATE, DURABLE_OBJECTS } from "../build/workerd.ts";

/** What is used of wrangler's configuration, whose own types need the whole of Workers'. */
interface Config {
  compatibility_date?: string;
  main?: string;
  no_bundle?: boolean;
  durable_objects: { bindings: { name: string; class_name: string }[] };
  migrations: { new_sqlite_classes?: string[] }[];
}

const config: Config = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });

test("npm run dev and the tests run the worker as wrangler.toml deploys it", () => {
  expect(config.compatibility_date).toBe(COMPATIBILITY_DATE);
  expect(Object.fromEntries(config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]))).toEqual(
    Object.fromEntries(Object.entries(DURABLE_OBJECTS).map(([name, { className }]) => [name, className])),
  );
  expect(config.migrations.flatMap(({ new_sqlite_classes }) => new_sqlite_classes ?? [])).toEqual(
    Object.values(DURABLE_OBJECTS).map(({ className }) => className),
  );
});

test("wrangler.toml deploys the bundle that the build has measured", () => {
  const worker = products.find(({ name }) => name === "worker");
  expect(config.main).toBe(join(worker?.options.outdir ?? "", "index.js"));
  expect(config.no_bundle).toBe(true);
});
