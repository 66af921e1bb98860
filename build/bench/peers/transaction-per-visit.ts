import { Datastore } from "@google-cloud/datastore";
import type { Recorder } from "../../../src/domain/recorder.ts";

/** The same, made right as Google's guide shows it: each visit reads and writes in a transaction of its own. */
export function createRecorder(): Recorder {
  const name = process.env["DATASTORE_NAMESPACE"];
  const datastore = new Datastore({ projectId: "footfall", ...(name && { namespace: name }) });
  return {
    async record(site, { page }) {
      const key = datastore.key(["analytics", site, "analytics", page]);
      const transaction = datastore.transaction();
      try {
        await transaction.run();
        const [entity] = await transaction.get(key);
        const count = Number(entity?.count ?? 0) + 1;
        transaction.save({ key, data: { count } });
        await transaction.commit();
        return { status: "counted", visits: count, siteVisits: count, visitsToday: count, siteVisitsToday: count };
      } catch (error) {
        await transaction.rollback().catch(() => {});
        throw error;
      }
    },
    drain: async () => {},
  };
}
