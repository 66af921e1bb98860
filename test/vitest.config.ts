import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { ROOT } from "../build/root.ts";

/** They need neither a build, a browser, the emulator nor a container: `npm run test:quick` runs these alone. */
const QUICK = [
  "test/{api,domain}/**/*.test.ts",
  "test/{openapi,openapi-lint}.test.ts",
  "test/{fault-proxy,wrangler}.test.ts",
  "test/operate/cut.test.ts",
  "test/operate/sources/{formats,live}.test.ts",
  "test/takeover/docs.test.ts",
  "test/store/{adaptive-transport,http-fetch,merge-lookups,sqlite}.test.ts",
];
/** They measure, fill the machine or use all of its network: one at a time, and nothing beside them. */
const ALONE = ["test/faults/*.test.ts", "test/{bench,start}.test.ts"];

export default defineConfig({
  root: ROOT,
  test: {
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/setup.ts"],
    pool: "forks",
    // Generous, because a loaded machine is slow: what must be fast is a bench.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    projects: [
      // A process for each file costs a quarter of the time; none of these leaves anything behind.
      { extends: true, test: { name: "quick", include: QUICK, isolate: false, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        // Suites wait for servers more than they compute, but each may run a browser, a server and an emulator.
        test: {
          name: "served",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...QUICK, ...ALONE],
          maxWorkers: Math.min(availableParallelism() + 1, 8),
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: "alone", include: ALONE, fileParallelism: false, sequence: { groupOrder: 2 } } },
    ],
  },
});
