import { appendFile, readFile, truncate } from "node:fs/promises";
import * as v from "valibot";
import { InvalidInput } from "../../../../src/domain/invalid.ts";
import { parseJson } from "../read-json.ts";

/** What a live counter says of a page and its site; `null` where it does not tell. */
export interface Answer {
  readonly pageVisits: number;
  readonly siteVisits: number | null;
  readonly siteVisitors: number | null;
  readonly days?: Readonly<Record<string, number>>;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const RECORD = v.union([
  v.object({ readings: v.literal(1), counter: v.string(), site: v.string(), endpoint: v.string() }),
  v.object({ url: v.string(), asked: v.literal(true) }),
  v.object({ url: v.string(), failed: v.string() }),
  v.object({
    url: v.string(),
    answer: v.nullable(
      v.object({
        pageVisits: count,
        siteVisits: v.nullable(count),
        siteVisitors: v.nullable(count),
        days: v.exactOptional(v.record(v.string(), count)),
      }),
    ),
  }),
  v.object({ complete: v.literal(true) }),
]);
type Record_ = v.InferOutput<typeof RECORD>;

/** What was read of a counter so far. */
export interface Readings {
  readonly counter: string;
  readonly site: string;
  readonly endpoint: string;
  /** By URL, in the order read; `null`: the counter does not know the page. */
  readonly answers: ReadonlyMap<string, Answer | null>;
  /** How often each URL was asked for, but for requests that certainly counted nothing. */
  readonly asked: ReadonlyMap<string, number>;
  /** Whether every page was read: nothing is asked again. */
  readonly complete: boolean;
}

/**
 * Reads a file of readings: JSON Lines, of which a kill may have cut the last one short. `null` where the text is none.
 */
export function parseReadings(name: string, text: string): Readings | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const [first, ...rest] = lines.map(parseJson);
  const head = v.safeParse(RECORD, first);
  if (!head.success || !("readings" in head.output)) return null;
  const answers = new Map<string, Answer | null>();
  const asked = new Map<string, number>();
  let complete = false;
  for (const [index, value] of rest.entries()) {
    if (value === undefined && index === rest.length - 1) break;
    const record = v.safeParse(RECORD, value);
    if (!record.success) throw new InvalidInput(`${name} line ${index + 2} is no reading; remove the file to read the counter again.`);
    apply(record.output);
  }
  return { ...head.output, answers, asked, complete };

  function apply(record: Record_): void {
    if ("complete" in record) complete = true;
    else if ("asked" in record) asked.set(record.url, (asked.get(record.url) ?? 0) + 1);
    else if ("failed" in record) asked.set(record.url, (asked.get(record.url) ?? 1) - 1);
    else if ("answer" in record) answers.set(record.url, record.answer);
  }
}

/** Opens a file of readings, or begins one; each record is in the file before the next step is taken. */
export async function openReadings(path: string, of: { counter: string; site: string; endpoint: string }) {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  const append = (record: Record_) => appendFile(path, `${JSON.stringify(record)}\n`);
  const found = text === null ? null : parseReadings(path, text);
  if (text !== null && (found?.counter !== of.counter || found.site !== of.site || found.endpoint !== of.endpoint)) {
    throw new InvalidInput(`${path} is there, and holds no readings of ${of.counter} for ${of.site} from ${of.endpoint}; move it away.`);
  }
  if (text === null) await append({ readings: 1, ...of });
  // A kill may have cut the last line short.
  else await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
  return {
    answers: new Map(found?.answers),
    complete: found?.complete ?? false,
    /** To be called before a request is sent: it may be counted even where no answer comes. */
    ask: (url: string) => append({ url, asked: true }),
    /** The request counted nothing. */
    fail: (url: string, why: string) => append({ url, failed: why }),
    answer: (url: string, answer: Answer | null) => append({ url, answer }),
    end: () => append({ complete: true }),
  };
}
