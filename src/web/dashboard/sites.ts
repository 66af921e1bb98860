import { arrange, byId, make, setAttribute, setText, within } from "./dom.ts";
import { number } from "./format.ts";
import { addressOf, type View } from "./view.ts";

/** A site and all its visits. */
export interface SiteTotal {
  readonly site: string;
  readonly visits: number;
}

/** The list of sites to choose from. */
export function createSites(): { show(sites: readonly SiteTotal[], chosen: string, view: View): void } {
  const list = within(byId("sites"), "ul");
  const links = new Map<string, { item: HTMLElement; link: HTMLAnchorElement; total: HTMLElement }>();

  function linkOf(site: string) {
    const known = links.get(site);
    if (known) return known;
    const total = make("span", { class: "number" });
    const link = make("a", { href: "/" }, make("bdi", { title: site }, site), total);
    const made = { item: make("li", {}, link), link, total };
    links.set(site, made);
    return made;
  }

  return {
    show(sites, chosen, view) {
      // In the order of their first appearance, busiest first: a list that is open does not jump.
      for (const { site } of sites.toSorted((one, other) => other.visits - one.visits)) linkOf(site);
      const totals = new Map(sites.map(({ site, visits }) => [site, visits]));
      for (const [site, { link, total }] of links) {
        setText(total, number(totals.get(site) ?? 0));
        setAttribute(link, "href", addressOf({ ...view, site, page: null }));
        setAttribute(link, "aria-current", site === chosen ? "page" : null);
      }
      arrange(
        list,
        [...links].filter(([site]) => totals.has(site)).map(([, { item }]) => item),
      );
    },
  };
}
