import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../process.ts";
import { ROOT } from "../root.ts";

/** A process to start, and what it is asked first. */
export interface Start {
  readonly name: string;
  /** Node's arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly request: { readonly method: "GET" | "POST"; readonly path: string };
}

/** How long a start may take. */
const START_MS = 30_000;
/** How often its port is tried. */
const POLL_MS = 1;

/** Starts a process and answers the milliseconds to the first bytes of its first answer, which must be a 200; then ends it. */
export async function timeStart({ name, args, env, request }: Start): Promise<number> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  try {
    const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    let answer = await ask(port, head);
    while (answer === null) {
      if (child.exitCode !== null || performance.now() - begun > START_MS) throw new Error(`${name} does not answer:\n${output}`);
      await sleep(POLL_MS);
      answer = await ask(port, head);
    }
    const ms = answer.at - begun;
    if (!answer.text.startsWith("HTTP/1.1 200")) throw new Error(`${name} answered ${answer.text}\n${output}`);
    return ms;
  } finally {
    end();
    process.off("exit", end);
    await exited;
  }
}

/** Sends a request; `null` where nobody listens yet. */
function ask(port: number, head: string): Promise<{ at: number; text: string } | null> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(null));
    socket.once("close", () => resolve(null));
    socket.once("connect", () => socket.write(head));
    socket.once("data", (bytes) => {
      resolve({ at: performance.now(), text: bytes.toString("utf8") });
      socket.destroy();
    });
  });
}
