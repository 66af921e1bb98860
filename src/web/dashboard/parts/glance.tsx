import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Access, type Role, readAccess } from "../data/access.ts";
import { BASE } from "../data/base.ts";
import type { Numbers } from "../data/load.ts";
import { number } from "../texts/format.ts";
import { type TextName, t } from "../texts/text.ts";
import { scriptTag } from "./copy-field.tsx";
import { useDashboard } from "./shared.ts";

const ROLES: Record<Role, TextName> = { none: "keyNone", stats: "keyStats", admin: "keyAdmin", unknown: "keyAdmin" };

/** A site's settings at a glance. Who may read is asked when it is opened. */
export function Glance({ numbers }: { numbers: Numbers }): JSX.Element {
  const { sites } = useDashboard().state;
  const [open, setOpen] = useState(false);
  const [access, setAccess] = useState<Access | null>(null);
  const { site } = numbers;
  useEffect(() => {
    if (!open) return;
    const running = new AbortController();
    readAccess(site, running.signal).then(setAccess, () => setAccess(null));
    return () => running.abort();
  }, [open, site]);
  const own = sites?.sites.find((one) => one.site === site);
  const visitors = { daily: "visitorsOn", off: "visitorsOff" } as const;

  return (
    <details class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("glance")}</summary>
      <dl class="facts">
        <Fact name={t("service")}>{BASE.href}</Fact>
        <Fact name={t("tagLabel")}>{scriptTag()}</Fact>
        <Fact name={t("zone")}>{sites?.timeZone ?? "UTC"} (TIME_ZONE)</Fact>
        <Fact name={t("visitors")}>{t(visitors[sites?.visitors ?? "off"])}</Fact>
        {access && <Fact name={t("whoReads")}>{t(access.isPublic ? "readsAll" : "readsKey")}</Fact>}
        {access && <Fact name={t("yourKey")}>{t(ROLES[access.role])}</Fact>}
        {access?.address !== undefined && <Fact name={t("yourAddress")}>{access.address ?? t("addressNone")}</Fact>}
        {(own?.unattributed ?? 0) > 0 && <Fact name={t("unattributed")}>{number(own?.unattributed ?? 0)}</Fact>}
      </dl>
      <p class="soft">{t("glanceDetail")}</p>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: string | string[] }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
