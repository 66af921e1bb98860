import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { askClient, opens } from "../data/access.ts";
import { BASE } from "../data/base.ts";
import { newId } from "../data/ids.ts";
import { addressOf } from "../data/view.ts";
import { readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { CopyField } from "./copy-field.tsx";
import { Dialog } from "./dialog.tsx";
import { useDashboard } from "./shared.ts";

const ASK_MS = 15_000;

/** Makes a link to one site: of a public one as it is, of another with a key of that site alone. */
export function Share({ site, onClose }: { site: string; onClose(): void }): JSX.Element {
  const { view } = useDashboard().state;
  const [isPublic, setPublic] = useState<boolean | null>(null);
  useEffect(() => {
    opens(site, null, AbortSignal.timeout(ASK_MS)).then(setPublic, () => setPublic(false));
  }, [site]);
  const linkWith = (hash: string) => new URL(addressOf({ ...view, site, api: false }, hash), BASE).href;
  const name = readableSite(site);
  return (
    <Dialog title={t("shareTitle", { site: name })} onClose={onClose}>
      {isPublic === null && <p class="soft">{t("checking")}</p>}
      {isPublic === true && (
        <>
          <p>{t("sharePublic", { site: name })}</p>
          <CopyField label={t("shareLink")} button={t("copyLink")} value={linkWith("")} />
        </>
      )}
      {isPublic === false && <WithKey site={site} linkWith={linkWith} />}
    </Dialog>
  );
}

function WithKey({ site, linkWith }: { site: string; linkWith(hash: string): string }): JSX.Element {
  const [key, setKey] = useState(newId);
  const [told, setTold] = useState("");
  const name = readableSite(site);

  async function tryKey(): Promise<void> {
    setTold(t("checking"));
    const signal = AbortSignal.timeout(ASK_MS);
    try {
      const { role } = await askClient(key, signal);
      if (role === "admin") setTold(t("shareAdmin"));
      else setTold(t((await opens(site, key, signal)) ? "shareWorks" : "shareNot", { site: name }));
    } catch (error) {
      setTold((error as Error).message);
    }
  }

  return (
    <>
      <p>{t("shareExplain", { site: name })}</p>
      <label class="field">
        {t("shareKey")}
        <input
          spellcheck={false}
          autocomplete="off"
          value={key}
          onInput={(event) => {
            setKey(event.currentTarget.value.replace(/[^\w-]/g, ""));
            setTold("");
          }}
        />
      </label>
      <p>{t("shareSet")}</p>
      <CopyField label={t("shareSetting")} button={t("copyLine")} value={`STATS_KEY=${site}=${key}`} />
      <p>{t("shareCheck")}</p>
      <div class="row">
        <button type="button" onClick={tryKey}>
          {t("shareTry")}
        </button>
        <p role="status">{told}</p>
      </div>
      <p>{t("shareSend")}</p>
      <CopyField label={t("shareLink")} button={t("copyLink")} value={linkWith(`#key=${key}`)} />
    </>
  );
}
