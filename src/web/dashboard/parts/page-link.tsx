import type { JSX } from "preact";
import { t } from "../texts/text.ts";

/** Opens the page itself. A site without a dot (`default`, say) has no address of its own. */
export function PageLink({ site, page, label }: { site: string; page: string; label: string }): JSX.Element | null {
  if (!site.includes(".")) return null;
  const text = t("openPage", { name: label });
  return (
    <a class="outward" href={`https://${site}${page}`} target="_blank" rel="noopener noreferrer" aria-label={text} title={text}>
      ↗
    </a>
  );
}
