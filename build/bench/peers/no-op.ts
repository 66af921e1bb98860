import type { Recorder } from "../../../src/domain/recorder.ts";

/** Counts nothing: what the rest of the app can do. */
export function createRecorder(): Recorder {
  const outcome = { status: "counted", visits: 1, siteVisits: 1, visitsToday: 1, siteVisitsToday: 1 } as const;
  return { record: async () => outcome, drain: async () => {} };
}
