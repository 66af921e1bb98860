import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { askClient, type Role } from "../data/access.ts";
import type { Numbers } from "../data/load.ts";
import { currentKey } from "../data/session.ts";
import { useDashboard } from "../parts/shared.ts";
import { t } from "../texts/text.ts";
import { RemovePage } from "./remove-page.tsx";
import { RemoveSite } from "./remove-site.tsx";
import { SetTotal } from "./set-total.tsx";
import { Upload } from "./upload.tsx";

const ASK_MS = 15_000;

/** Changes of numbers, for who has ADMIN_KEY. */
export function Manage({ numbers }: { numbers: Numbers }): JSX.Element {
  const dashboard = useDashboard();
  const [open, setOpen] = useState(false);
  const key = currentKey();
  const [role, setRole] = useState<Role>(key === null ? "none" : "unknown");
  useEffect(() => {
    if (open)
      askClient(key, AbortSignal.timeout(ASK_MS)).then(
        (client) => setRole(client.role),
        () => setRole("unknown"),
      );
  }, [open, key]);
  const { site } = numbers;
  const page = dashboard.state.view.page ?? "";
  return (
    <details id="manage" class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("manage")}</summary>
      {role === "none" || role === "stats" ? (
        <p class="row">
          {t("needsAdmin")}{" "}
          <button type="button" onClick={() => dashboard.askForKey()}>
            {t("signIn")}
          </button>
        </p>
      ) : (
        // Begun anew with another page, when it is chosen; the box itself stays open.
        <div class="stack" key={`${site} ${page}`}>
          <SetTotal site={site} page={page} />
          <Upload site={site} />
          <RemovePage site={site} page={page} />
          <RemoveSite site={site} visits={numbers.total.visits} />
        </div>
      )}
    </details>
  );
}
