import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Project } from "../build/copy-project.ts";
import { freePort, type Running, start } from "../build/process.ts";

/** How long the loop may take on a loaded machine; the bench says how long it does. */
const START_MS = 60_000;
const SERVED_MS = 30_000;
/** How `expect.poll` waits for the loop. */
export const within = { timeout: SERVED_MS, interval: 50 };

/** A loop that runs. */
export interface Loop {
  readonly url: string;
  readonly process: Running;
}

/** Runs `npm run dev` in a project, and waits until it answers. */
export async function startLoop(project: Project, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Loop> {
  const port = await freePort();
  const own = { PATH: process.env["PATH"] ?? "", HOME: project.folder, ...env, PORT: String(port) };
  const running = start(process.execPath, [join(project.folder, "build", "dev.ts"), ...args], { env: own });
  const url = `http://127.0.0.1:${port}`;
  let ended: number | NodeJS.Signals | undefined;
  running.exited.then((code) => {
    ended = code;
  });
  const deadline = Date.now() + START_MS;
  while ((await get(url, "/v1/health")).status !== 200 || !running.output().includes("Ctrl-C ends it")) {
    if (ended !== undefined || Date.now() > deadline) {
      await running.stop();
      throw new Error(`npm run dev does not answer (it ended with ${ended}):\n${running.output()}`);
    }
    await sleep(50);
  }
  return { url, process: running };
}

/** What a path answers; status 0 where nobody does. */
export async function get(url: string, path: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(10_000) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: String(error) };
  }
}

/** Counts a visit of `/dev`. */
export async function count(url: string): Promise<{ visits: number }> {
  const response = await fetch(`${url}/v1/visits`, { method: "POST", body: JSON.stringify({ page: "/dev", site: "example.com" }) });
  return (await response.json()) as { visits: number };
}

/** Ctrl-C reaches the loop, and whatever it has started. */
export async function interrupt({ process: running }: Loop): Promise<void> {
  process.kill(running.pid, "SIGINT");
  expect(await running.exited).toBe(0);
  // esbuild's own process ends when it sees that nobody is there any more.
  await expect.poll(() => isGone(running.pid), within).toBe(true);
}

/** Whether no process of a group is left. */
function isGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Address of the reload script, as the dashboard's page has it. */
export async function reloadScript(url: string): Promise<string> {
  return url + (/src="(\/__dev\/[^"]+)"/.exec((await get(url, "/")).text)?.[1] ?? "");
}

/** What a browser is told when it comes. */
export async function firstEvent(url: string): Promise<unknown> {
  const abort = new AbortController();
  const events = new URL("events", await reloadScript(url));
  const response = await fetch(events, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(5_000)]) });
  const { value } = await (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader().read();
  abort.abort();
  return JSON.parse(/^data: (.*)$/m.exec(value ?? "")?.[1] ?? "null");
}

/** Runs `npm run dev` where it cannot start, by another program if need be, and answers what it says before it ends with 1. */
export async function refusal(project: Project, env: Record<string, string> = {}, by: readonly string[] = []): Promise<string> {
  const own = { PATH: process.env["PATH"] ?? "", PORT: "0", ...env };
  const [program = "", ...args] = [...by, process.execPath, join(project.folder, "build", "dev.ts")];
  const running = start(program, args, { env: own });
  expect(await running.exited).toBe(1);
  // The program may have ended before its last line is here.
  await expect.poll(running.output, within).toMatch(/\n$/);
  return running.output();
}
