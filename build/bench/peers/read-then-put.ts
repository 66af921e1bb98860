import { Datastore } from "@google-cloud/datastore";
import type { Recorder } from "../../../src/domain/recorder.ts";

/** The usual counter, with Google's client as its guide shows it: reads a number, adds one and writes it back. */
export function createRecorder(): Recorder {
  const name = process.env["DATASTORE_NAMESPACE"];
  const datastore = new Datastore({ projectId: "footfall", ...(name && { namespace: name }) });
  return {
    async record(site, { page }) {
      const key = datastore.key(["analytics", site, "analytics", page]);
      const [entity] = await datastore.get(key);
      const count = Number(entity?.count ?? 0) + 1;
      await datastore.save({ key, data: { count } });
      return { status: "counted", visits: count, siteVisits: count, visitsToday: count, siteVisitsToday: count };
    },
    drain: async () => {},
  };
}
