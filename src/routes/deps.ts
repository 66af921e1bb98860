import type { DayClock } from "../domain/day.ts";
import type { KeyChecks } from "../http/auth.ts";
import type { ClientAddress } from "../http/client-address.ts";
import type { Deps } from "../http/deps.ts";
import type { LimitReads } from "../http/read-limit.ts";
import type { SiteChoice } from "../http/site.ts";
import type { CountVisit } from "./counting.ts";

/** What routes are given: the app's own, and what it makes of them. */
export interface RouteDeps extends Deps {
  readonly sites: SiteChoice;
  readonly keys: KeyChecks;
  readonly count: CountVisit;
  /** To be called before anybody's read of the store. */
  readonly limitReads: LimitReads;
  readonly addressOf: ClientAddress;
  /** The day in the service's zone. */
  readonly today: DayClock;
}
