/**
 * What the addresses of one page have in common: `/blog`, `/blog/`, `//blog`, `/%62log`, `/blog/index.html` and `/blog?x#y` are one.
 * The service's own rule is in `src/domain/page.ts`; this is as much of it as addresses that a browser has written need.
 */
export const pageKey = (page: string): string => {
  let path = page.replace(/[?#].*/, "");
  try {
    // An encoded slash is no slash, and no address holds a line feed.
    path = window.decodeURIComponent(path.replace(/%2f/gi, "\n"));
  } catch {
    // What is no UTF-8 stays as it is.
  }
  // `blog` is `/blog`, and no key is a member that every object has.
  return `/${path}`.replace(/\/+/g, "/").replace(/(\/(index\.html?)?)+$/, "");
};
