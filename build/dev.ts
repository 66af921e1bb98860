import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { type BuildContext, context } from "esbuild";
import { Miniflare } from "miniflare";
import { workerOptions } from "./products.ts";
import { fail, ROOT } from "./root.ts";
import { miniflareOptions } from "./workerd.ts";

/** Settings for a laptop; `.dev.vars` overrides them. */
const DEV_VARS = { SITES: "*", ADMIN_KEY: "dev", PUBLIC_STATS: "true" };
const HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;

async function main(): Promise<void> {
  const port = parsePort(process.env["PORT"]);
  await failIfTaken(port);
  const [bundler, vars] = await Promise.all([createBundler(), devVars()]);
  const miniflare = new Miniflare(
    miniflareOptions({ script: await bundle(bundler), vars, persist: join(ROOT, ".footfall", "durable-objects"), port }),
  );
  stopOnSignal(async () => {
    await Promise.all([miniflare.dispose(), bundler.dispose()]);
  });
  await miniflare.ready;
  console.log(`footfall on http://${HOST}:${port} (data in .footfall/, Ctrl-C ends it)`);
}

function parsePort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`PORT is "${text}"; allowed is a number from 1 to 65535.`);
  return port;
}

/** Miniflare itself would end with workerd's stack. */
async function failIfTaken(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.once("error", (error) => fail(`Port ${port} of ${HOST} cannot be had (${error.message}). Choose another: PORT=8788 npm run dev`));
    probe.listen(port, HOST, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

function createBundler(): Promise<BuildContext> {
  return context({ ...workerOptions, minify: false, sourcemap: "inline", write: false, logLevel: "error" });
}

async function bundle(bundler: BuildContext): Promise<string> {
  const { outputFiles } = await bundler.rebuild().catch(() => fail("The worker does not build: see above."));
  return outputFiles?.[0]?.text ?? "";
}

async function devVars(): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, ".dev.vars"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const own = Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]);
  return { ...DEV_VARS, ...Object.fromEntries(own) };
}

/** Ctrl-C and SIGTERM end everything, once, with exit 0. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      (error: Error) => fail(`Could not stop: ${error.message}`),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // Miniflare's own listeners end the process at once, with 130 or 143.
    process.removeAllListeners(signal);
    process.on(signal, onSignal);
  }
}

await main();
