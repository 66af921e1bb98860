import { createDurableObjectStore } from "../../src/platform/workerd/durable-object-store.ts";
import { SiteCounter as Base, type SiteCounterEnv } from "../../src/platform/workerd/site-counter.ts";

const SITE = "example.com";
const clock = Date.now;

/** A site's object that tells about its salts. */
export class SiteCounter extends Base {
  /** When the next alarm is due, and the days whose salts are there. */
  async tell() {
    const days = this.ctx.storage.sql.exec("select day from salt order by day").toArray();
    return { alarm: await this.ctx.storage.getAlarm(), days: days.map(({ day }) => day) };
  }

  /** Runs the alarm that is set, as if the clock stood at `time`. */
  async ring(time: number) {
    await this.ctx.storage.deleteAlarm();
    Date.now = () => time;
    await this.alarm();
    Date.now = clock;
  }
}

/** `/salt?day=D` asks for the day's salt; `/ring?at=TIME` rings; every answer tells. */
export default {
  async fetch({ url }, env): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const object = (env as unknown as { SITE_COUNTER: DurableObjectNamespace<SiteCounter> }).SITE_COUNTER.getByName(SITE);
    if (pathname === "/salt") await createDurableObjectStore(env.SITE_COUNTER, true).salt(SITE, searchParams.get("day") ?? "");
    if (pathname === "/ring") await object.ring(Number(searchParams.get("at")));
    return Response.json(await object.tell());
  },
} satisfies ExportedHandler<SiteCounterEnv>;
