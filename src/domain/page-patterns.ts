/**
 * Whether a page fits one of the patterns, in which `*` stands for any characters. By its parts and not by a regular expression, which
 * would try every way to divide the page.
 */
export function compilePatterns(patterns: readonly string[]): (page: string) => boolean {
  const globs = patterns.map((pattern) => pattern.split("*"));
  return (page) =>
    globs.some((glob) => {
      let at = 0;
      return glob.every((part, index) => {
        const found = page.indexOf(part, index < glob.length - 1 ? at : Math.max(at, page.length - part.length));
        at = found + part.length;
        return index > 0 ? found >= 0 : found === 0;
      });
    });
}
