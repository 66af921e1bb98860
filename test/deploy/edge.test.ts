import { join } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { products } from "../../build/products.ts";
import { ROOT } from "../../build/root.ts";

/** What is used of wrangler's configuration, whose own types need the whole of Workers'. */
interface Config {
  readonly main?: string;
  readonly compatibility_date?: string;
  readonly no_bundle?: boolean;
  readonly assets?: { readonly directory?: string };
}

const read = (path: string): Config => unstable_readConfig({ config: join(ROOT, path) });

test("the worker on Datastore is deployed as the other one, with the bundle that the build has measured", () => {
  const onDatastore = read("build/deploy/worker-datastore.toml");
  const { compatibility_date, no_bundle } = read("wrangler.toml");
  const product = products.find(({ name }) => name === "worker-datastore");
  expect(onDatastore).toMatchObject({ compatibility_date, no_bundle, main: join(product?.options.outdir ?? "", "index.js") });
  expect(join(ROOT, "build", "deploy", onDatastore.assets?.directory ?? "")).toBe(
    join(ROOT, read("wrangler.toml").assets?.directory ?? ""),
  );
});
