import { Agent, request } from "node:http";

/** Visitors who each wait for their answer before they come again, on connections that stay open. */
export interface Visitors {
  /** Numbers of the answers with `counted`, in the order of their arrival. */
  readonly numbers: readonly number[];
  /** Their visits, in the same order. */
  readonly counted: readonly Visit[];
  /** How many answers said that the visit was counted before. */
  readonly duplicates: number;
  /** Why visitors left: connections that broke, and answers other than 200. */
  readonly failures: readonly string[];
  /** Sends no more, and resolves when every answer is there. */
  stop(): Promise<void>;
  /** Resolves when all have left. */
  readonly gone: Promise<void>;
}

/** The body of a visit. */
export interface Visit {
  readonly site?: string;
  readonly page: string;
  readonly id?: string;
}

const TIMEOUT_MS = 15_000;

/** @param next the next visit; `null` when there is none left */
export function startVisitors(url: string, connections: number, next: () => Visit | null): Visitors {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const numbers: number[] = [];
  const done: Visit[] = [];
  const failures: string[] = [];
  let duplicates = 0;
  let stopped = false;

  async function visitor(): Promise<void> {
    for (let visit = next(); visit !== null && !stopped; visit = next()) {
      const { visits, counted } = await send(agent, url, visit);
      if (!counted) duplicates += 1;
      else {
        numbers.push(visits);
        done.push(visit);
      }
    }
  }

  const all = Array.from({ length: connections }, () => visitor().catch((error: Error) => failures.push(error.message)));
  const gone = Promise.all(all).then(() => agent.destroy());
  return {
    numbers,
    counted: done,
    failures,
    gone,
    get duplicates() {
      return duplicates;
    },
    stop() {
      stopped = true;
      return gone;
    },
  };
}

function send(agent: Agent, url: string, visit: Visit): Promise<{ visits: number; counted: boolean }> {
  const body = JSON.stringify(visit);
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { method: "POST", agent, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const sending = request(`${url}/v1/visits`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject).once("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${response.statusCode} ${text}`));
      });
    });
    sending.once("error", reject).end(body);
  });
}

/** Throws where numbers are not 1 … n, each once. */
export function expectNumbered(who: string, numbers: readonly number[]): void {
  const sorted = numbers.toSorted((a, b) => a - b);
  const wrong = sorted.findIndex((number, index) => number !== index + 1);
  if (wrong >= 0) throw new Error(`${who}: of ${numbers.length} answers the ${wrong + 1}th number in order is ${sorted[wrong]}.`);
}
