import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { serviceUrl } from "../data/base.ts";
import { readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { CopyField, scriptTag } from "./copy-field.tsx";
import { Message } from "./message.tsx";
import { useDashboard } from "./shared.ts";

/** What to do until the first visit, which appears by itself. */
export function Empty(): JSX.Element {
  const { site } = useDashboard().state;
  const [check, setCheck] = useState<string | null>(null);
  const address = serviceUrl("embed.js");
  useEffect(() => {
    fetch(address, { cache: "no-store" }).then(
      ({ ok, status }) => setCheck(ok ? t("scriptOk", { address }) : t("scriptMissing", { address, problem: String(status) })),
      (error: Error) => setCheck(t("scriptMissing", { address, problem: error.message })),
    );
  }, [address]);

  return (
    <Message title={site === null ? t("emptyTitle") : t("emptySite", { site: readableSite(site) })}>
      <ol class="stack">
        <li>
          <p>{t("stepTag")}</p>
          <CopyField label={t("tagLabel")} button={t("copyTag")} value={scriptTag()} />
        </li>
        <li>
          <p>{t("stepCheck")}</p>
          <p class="soft">{check ?? t("checking")}</p>
        </li>
        <li>
          <p>{t("stepVisit")}</p>
          <p class="soft waiting">{t("waiting")}</p>
        </li>
      </ol>
      <p class="soft">{t("stepHelp")}</p>
    </Message>
  );
}
