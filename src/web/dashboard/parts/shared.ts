import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Dashboard } from "../data/dashboard.ts";
import { addressOf, type View } from "../data/view.ts";

/** Hands the dashboard to all parts of the page. */
export const Shared = createContext<Dashboard | null>(null);

/** The dashboard that a part of the page belongs to. */
export function useDashboard(): Dashboard {
  const dashboard = useContext(Shared);
  if (!dashboard) throw new Error("There is no dashboard around this part.");
  return dashboard;
}

/** The address of a view beside the one that is shown: of its site, whichever is the busiest later. */
export function useAddress(): (change: Partial<View>) => string {
  const { view, site } = useDashboard().state;
  return (change) => addressOf({ ...view, site: site ?? view.site, api: false, ...change });
}

/** Where one goes on after a form or a button has gone. */
export function focusMain(): void {
  document.getElementById("main")?.focus();
}

/** Whether the caller's first frame has been painted. What waits for that does not delay the numbers. */
export function usePainted(): boolean {
  const [painted, setPainted] = useState(false);
  // Preact runs effects after the paint.
  useEffect(() => setPainted(true), []);
  return painted;
}
