import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf } from "../../build/deploy/plan.ts";
import { scriptOf } from "../../build/deploy/script.ts";
import type { Step } from "../../build/deploy/step.ts";
import { ROOT } from "../../build/root.ts";
import { requires } from "../support/skip.ts";
import { DEMO } from "./demo.ts";

/** gcloud takes a second or two to start, and longer on a busy machine. */
const TIMEOUT_MS = 240_000;
const config = mkdtempSync(join(tmpdir(), "footfall-lists-"));

/** What Google's APIs list, by the end of their path: other people's things first, and nothing in an order that helps. */
const LISTED: Readonly<Record<string, object>> = {
  keys: {
    keys: [
      {
        name: "projects/1/locations/global/keys/browser",
        displayName: "Browser key (auto created by Firebase)",
        createTime: "2026-04-01T00:00:00Z",
      },
      ...["v1", "v3", "v2"].map((version, index) => ({
        name: `projects/1/locations/global/keys/footfall-admin-${version}`,
        displayName: "footfall-admin",
        createTime: `2026-0${[1, 3, 2][index]}-01T00:00:00Z`,
      })),
    ],
  },
  configs: {
    apiConfigs: ["v1", "v4", "v3", "v2", "v9"].map((version) => ({
      name: `projects/1/locations/global/apis/footfall/configs/footfall-${version}`,
      labels: version === "v3" || version === "v9" ? {} : { deployed: "yes" },
    })),
  },
  notificationChannels: {
    notificationChannels: ["other@example.com", "me@example.com"].map((email, index) => ({
      name: `projects/demo-project/notificationChannels/${index}`,
      displayName: "footfall",
      labels: { email_address: email },
    })),
  },
};

let api: Server;
const asked: string[] = [];

beforeAll(async () => {
  api = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://stub");
    asked.push(`${request.method} ${pathname}`);
    const listed = LISTED[pathname.split("/").at(-1) ?? ""];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(listed ?? {}));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  api.close();
  rmSync(config, { recursive: true, force: true });
});

/** Takes steps with the real gcloud, which talks to a server that lists everything, whatever it is asked to filter, sort and limit. */
function take(steps: readonly Step[], last: string, env: Record<string, string> = {}): Promise<string> {
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`;
  const overrides = ["APIKEYS", "APIGATEWAY", "MONITORING"].map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, url]);
  return new Promise((resolve) => {
    execFile(
      "bash",
      ["-c", scriptOf(steps, [last])],
      {
        cwd: ROOT,
        timeout: TIMEOUT_MS,
        env: {
          ...process.env,
          ...Object.fromEntries(overrides),
          CLOUDSDK_CONFIG: config,
          CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "1",
          CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
          ...env,
        },
      },
      (_, output, errors) => resolve(`${output}${errors}`),
    );
  });
}

requires("gcloud")("what the real gcloud makes of Google's lists", () => {
  const titled = (title: string, action: "deploy" | "back" = "deploy"): Step[] =>
    planOf(DEMO, "v5", action).filter((step) => step.title.startsWith(title));

  test("the key in use is the newest of the deployment's own", { timeout: TIMEOUT_MS }, async () => {
    expect(await take(titled("Which key it is"), "key: $KEY_ID.")).toContain("key: footfall-admin-v3.");
  });

  test("the channel is the one of the address", { timeout: TIMEOUT_MS }, async () => {
    expect(await take(titled("Which channel it is"), "channel: $CHANNEL.")).toContain(
      "channel: projects/demo-project/notificationChannels/1.",
    );
  });

  test("the version before is the newest deployed one that is older", { timeout: TIMEOUT_MS }, async () => {
    const before = titled("The version before", "back");
    expect(await take(before, "back to $VERSION.", { CURRENT: "footfall-v4" })).toContain("back to footfall-v2.");
    expect(await take(before, "back to $VERSION.", { CURRENT: "footfall-v1" })).toContain("There is none");
  });

  test("only what broke off before this version goes", { timeout: TIMEOUT_MS }, async () => {
    asked.length = 0;
    await take(titled("Those of deployments that broke off"), "");
    const deleted = asked.filter((request) => request.startsWith("DELETE"));
    expect(deleted).toEqual([expect.stringMatching(/\/configs\/footfall-v3$/)]);
  });
});
