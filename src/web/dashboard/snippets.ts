import { byId, setText } from "./dom.ts";
import { readable } from "./format.ts";

const COPIED_MS = 2_000;

/** The tag and the badge, to be copied. */
export function createSnippets(): { show(site: string | null, page: string): void } {
  const tag = `<script async src="${location.origin}/embed.js"></script>`;
  for (const id of ["tag", "first-tag"]) byId(id, "input").value = tag;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const label = button.textContent ?? "";
    button.addEventListener("click", async () => {
      const done = (await copy(byId(button.dataset["copy"] ?? "", "input"))) ? "Copied" : "Press Ctrl+C";
      button.textContent = done;
      setText(byId("status"), done);
      setTimeout(() => {
        button.textContent = label;
        setText(byId("status"), "");
      }, COPIED_MS);
    });
  }
  return {
    show(site, page) {
      if (site === null) return;
      const address = `/v1/badge?${new URLSearchParams({ site, page })}`;
      const image = byId("badge-image", "img");
      if (image.getAttribute("src") !== address) image.src = address;
      image.alt = `Badge with the visits of ${readable(page)}`;
      // Neither a host name nor an encoded query holds a quote or an ampersand of its own.
      byId("badge", "input").value = `<img src="${location.origin}${address.replaceAll("&", "&amp;")}" alt="visits">`;
    },
  };
}

/** Copies a field; where the browser forbids that (plain HTTP, say), selects it, for the reader to copy. */
async function copy(field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return false;
  }
}
