/** Clients that each wait for an answer before the next visit, on connections that stay open. */
export interface Clients {
  /** The visits that were counted and their numbers, in the order of their answers. */
  readonly counted: readonly { readonly visit: Visit; readonly number: number }[];
  /** How many answers said that the visit was counted before. */
  readonly duplicates: number;
  /** Why clients ended: connections that broke, and answers other than 200. */
  readonly failures: readonly string[];
  /** Sends no more, and resolves when every answer is there. */
  stop(): Promise<void>;
  /** Resolves when all have ended. */
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
export function startClients(url: string, connections: number, next: () => Visit | null): Clients {
  const counted: { visit: Visit; number: number }[] = [];
  const failures: string[] = [];
  let duplicates = 0;
  let stopped = false;

  async function client(): Promise<void> {
    for (let visit = next(); visit !== null && !stopped; visit = next()) {
      const answer = await send(url, visit);
      if (answer.counted) counted.push({ visit, number: answer.visits });
      else duplicates += 1;
    }
  }

  const all = Array.from({ length: connections }, () => client().catch((error: Error) => failures.push(reasonOf(error))));
  const gone = Promise.all(all).then(() => {});
  return {
    counted,
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

async function send(url: string, visit: Visit): Promise<{ visits: number; counted: boolean }> {
  const response = await fetch(`${url}/v1/visits`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(visit),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}

/** `fetch` itself only says that it failed. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${(cause as NodeJS.ErrnoException).code} ${cause.message}` : message;
}

/** Throws where numbers are not 1 … n, each once. */
export function expectNumbered(who: string, numbers: readonly number[]): void {
  const sorted = numbers.toSorted((a, b) => a - b);
  const wrong = sorted.findIndex((number, index) => number !== index + 1);
  if (wrong >= 0) throw new Error(`${who}: of ${numbers.length} answers the ${wrong + 1}th number in order is ${sorted[wrong]}.`);
}
