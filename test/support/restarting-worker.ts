import { SiteCounter as Original } from "../../src/platform/workerd/site-counter.ts";

export { default } from "../../src/worker.ts";

/** The share of calls at which an object restarts, before it does its work, and after it. */
const BEFORE = 0.04;
const AFTER = 0.04;

/** A site's object that restarts in the middle of calls. */
export class SiteCounter extends Original {
  override async call(...args: Parameters<Original["call"]>): ReturnType<Original["call"]> {
    const fate = Math.random();
    if (fate < BEFORE) this.ctx.abort("restarts before a call");
    const answer = await super.call(...args);
    if (fate > 1 - AFTER) this.ctx.abort("restarts after a call");
    return answer;
  }
}
