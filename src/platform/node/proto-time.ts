import type { Timestamp } from "../../stores/datastore/transport.ts";

/** A time as protocol buffers have it: since 1970. */
export interface ProtoTime {
  seconds?: number | string | null;
  nanos?: number | null;
}

/** Characters up to the decimals. */
const WHOLE = "2000-01-01T00:00:00.".length;

/** The last one that was converted: all marks of a batch have the same. */
let last = { text: "", time: { seconds: 0, nanos: 0 } };

export function toTime(text: Timestamp): { readonly seconds: number; readonly nanos: number } {
  if (text !== last.text) {
    last = { text, time: { seconds: Math.floor(Date.parse(text) / 1_000), nanos: Number(text.slice(WHOLE, -1).padEnd(9, "0")) } };
  }
  return last.time;
}

export function fromTime({ seconds, nanos }: ProtoTime): Timestamp {
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${String(nanos ?? 0).padStart(9, "0")}Z`;
}
