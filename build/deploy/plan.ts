import { namesOf } from "./names.ts";
import type { Deployment } from "./options.ts";
import { back, rotateKey } from "./plans/actions.ts";
import { api } from "./plans/api.ts";
import { foundation } from "./plans/foundation.ts";
import { guards } from "./plans/guards.ts";
import { remove } from "./plans/remove.ts";
import { gateway, service, tidy } from "./plans/service.ts";
import type { Step } from "./step.ts";

/** What a deployment can be asked to do beside deploying. */
export const ACTIONS = ["back", "rotate-key", "remove"] as const;
export type Action = "deploy" | (typeof ACTIONS)[number];

/**
 * All that an action does, in order.
 *
 * @param release tells this version from others; they sort by it
 */
export function planOf(deployment: Deployment, release: string, action: Action = "deploy"): readonly Step[] {
  const names = namesOf(deployment, release);
  switch (action) {
    case "back":
      return back(names);
    case "rotate-key":
      return rotateKey(names);
    case "remove":
      return remove(names);
    case "deploy":
      return [
        ...foundation(names, deployment.databaseLocation),
        ...api(names, deployment),
        ...service(names, deployment),
        ...gateway(names),
        ...tidy(names),
        ...(deployment.guards ? guards(names, deployment.guards).map((step): Step => ({ ...step, guard: true })) : []),
      ];
  }
}
