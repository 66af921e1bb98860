import type { JSX } from "preact";
import { serviceUrl } from "../data/base.ts";
import type { Numbers } from "../data/load.ts";
import { readable } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { CopyField, scriptTag } from "./copy-field.tsx";

/** The tag and the badge, to be copied. */
export function Snippets({ numbers }: { numbers: Numbers }): JSX.Element {
  const page = numbers.page ?? "/";
  const badge = serviceUrl("v1/badge", { site: numbers.site, page });
  // Neither a host name nor an encoded query holds a quote or an ampersand of its own.
  const image = `<img src="${badge.replaceAll("&", "&amp;")}" alt="visits">`;
  return (
    <details class="card">
      <summary>{t("onWebsite")}</summary>
      <div class="stack">
        <p class="soft">{t("onWebsiteDetail")}</p>
        <CopyField label={t("tagLabel")} button={t("copyTag")} value={scriptTag()} />
        <p class="soft">
          {t("badgeDetail")} <img class="badge" src={badge} alt={t("badgeAlt", { page: readable(page) })} height="20" loading="lazy" />
        </p>
        <CopyField label={t("badgeLabel")} button={t("copyBadge")} value={image} />
      </div>
    </details>
  );
}
