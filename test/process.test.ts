import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { start } from "../build/process.ts";
import { ROOT } from "../build/root.ts";

const HELPER = JSON.stringify(join(ROOT, "build", "process.ts"));
/** A shell that ignores SIGTERM, and what it has started. */
const STUBBORN = "trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000";
const MEEK = "sleep 1000 & echo $!; wait";

/** Whether a process runs; one that waits to be reaped does not. */
async function runs(pid: number): Promise<boolean> {
  const { stdout } = await execa("ps", ["-o", "stat=", "-p", String(pid)], { reject: false });
  return stdout !== "" && !stdout.startsWith("Z");
}

test.each([
  ["exits", STUBBORN, "process.exit(0)"],
  ["throws", STUBBORN, 'throw new Error("enough")'],
  ["is ended by a signal", MEEK, 'process.kill(process.pid, "SIGTERM")'],
])("what a program has started ends with its whole group when this process %s", async (_, shell, end) => {
  const script = `import { start } from ${HELPER};
    start("sh", ["-c", ${JSON.stringify(shell)}], { onOutput: (text) => { process.stdout.write(text, () => { ${end}; }); } });`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script], { reject: false, timeout: 30_000 });
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => runs(pid), { timeout: 5_000 }).toBe(false);
});

test("stopping a program ends what it left behind, and tells how it ended", async () => {
  const running = start("sh", ["-c", MEEK]);
  await expect.poll(() => running.output()).toMatch(/^\d+$/m);
  const pid = Number(running.output());
  await running.stop("SIGINT");
  expect(await running.exited).toBe("SIGINT");
  await expect.poll(() => runs(pid)).toBe(false);
});

test("a program that cannot be started says so", async () => {
  const running = start("no-such-program", []);
  await expect(running.exited).rejects.toThrow("ENOENT");
  await running.stop();
});
