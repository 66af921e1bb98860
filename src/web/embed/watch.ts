/** Elements are looked for this long after a change of the document, as there may be more to come. */
const SOON_MS = 50;

/**
 * Looks now, and whenever the page may be another one or have other elements.
 *
 * @throws where the page has broken what this needs
 */
export const watch = (look: (event?: Partial<PageTransitionEvent>) => void): void => {
  look();
  // Captured, as "prerenderingchange" does not bubble up from the document.
  for (const name of ["popstate", "pageshow", "prerenderingchange"]) window.addEventListener(name, look, true);
  for (const name of ["pushState", "replaceState"] as const) {
    const original = window.history[name];
    window.history[name] = (...state) => {
      original.call(window.history, ...state);
      look();
    };
  }
  let timer = 0;
  const lookSoon = (): void => {
    if (timer) return;
    timer = window.setTimeout(() => {
      timer = 0;
      look();
    }, SOON_MS);
  };
  // Before anything is observed, as no one would catch what this throws then.
  lookSoon();
  new window.MutationObserver(lookSoon).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ["data-visits", "data-visits-of", "data-page"],
  });
};
