import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { confirmAddress, type Settings } from "../../build/operate/address.ts";
import { start } from "../../build/process.ts";

const CLIENT = "198.51.100.4";

/** A service behind proxies that append their entries, the client's first, and that sees what its settings say. */
async function serviceBehind(proxies: readonly string[], { drops = false } = {}) {
  let hops: number | null = null;
  const server = createServer((request, response) => {
    const sent = drops
      ? []
      : String(request.headers["x-forwarded-for"] ?? "")
          .split(",")
          .filter(Boolean);
    const entries = [...sent, CLIENT, ...proxies];
    const address = hops === null ? null : (entries.at(-1 - hops) ?? null);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ site: "a.example", address, header: hops === null ? null : "X-Forwarded-For" }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  const settings: Settings = {
    async trust(value) {
      hops = value;
    },
  };
  return { service: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: "k" }, settings, hops: () => hops };
}

test.each([
  [0, []],
  [1, ["192.0.2.1"]],
  [2, ["192.0.2.1", "192.0.2.2"]],
  [3, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]],
])("with %i proxies behind the client it finds the client's address, and the setting stays", async (hops, proxies) => {
  const { service, settings, hops: set } = await serviceBehind(proxies);
  expect(await confirmAddress(service, settings)).toContain(
    `as ${CLIENT}; is it yours? CLIENT_IP_HEADER=X-Forwarded-For and CLIENT_IP_HOPS=${hops}`,
  );
  expect(set()).toBe(hops);
});

test.each([
  ["the chain is longer than any that is known", ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], {}],
  ["the header of a client is dropped on the way", ["192.0.2.1"], { drops: true }],
])("where %s, no header is trusted", async (_, proxies, options) => {
  const { service, settings, hops } = await serviceBehind(proxies, options);
  await expect(confirmAddress(service, settings)).rejects.toThrow("No header is trusted, as before");
  expect(hops()).toBeNull();
});

test("Ctrl-C while a wrong entry is trusted ends with no header trusted", async () => {
  const { service } = await serviceBehind([]);
  const folder = mkdtempSync(join(tmpdir(), "footfall-address-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "log");
  writeFileSync(join(folder, "gcloud"), `#!/bin/sh\necho "$*" >> ${log}\nsleep 1\n`, { mode: 0o755 });
  const args = ["build/operate/smoke.ts", service.url, "--confirm-address", "--project", "p", "--region", "r"];
  const running = start(process.execPath, args, { env: { PATH: `${folder}:${process.env["PATH"]}`, ADMIN_KEY: "k" } });
  onTestFinished(() => running.stop());
  await expect.poll(() => existsSync(log), { timeout: 30_000 }).toBe(true);
  // The terminal signals the whole group.
  process.kill(-running.pid, "SIGINT");
  expect(await running.exited).toBe(1);
  expect(running.output()).toContain("No header is trusted, as before");
  expect(readFileSync(log, "utf8")).toMatch(/--update-env-vars=.*\n.*--remove-env-vars=CLIENT_IP_HEADER,CLIENT_IP_HOPS /);
});
