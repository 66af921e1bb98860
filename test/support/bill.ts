import type { Component } from "../../build/sbom.ts";

/** Shorter than any licence. */
const SHORT = 200;

/** The texts of the file of licences, by what they are the licences of: `hono 4.13.19`, or the path of one that another names. */
export function licenceTexts(file: string): ReadonlyMap<string, string> {
  const texts = file.split(/^={80}$/m).flatMap((section): [string, string][] => {
    const [heads = "", ...paragraphs] = section.trim().split("\n\n");
    return heads.split("\n").map((head) => [head.replace(/ \([^)]*\)$/, ""), paragraphs.join("\n\n")]);
  });
  return new Map(texts);
}

/** The components that have no licence there, or no more than its name. */
export function rowsWithoutText(components: readonly Component[], texts: ReadonlyMap<string, string>): string[] {
  const names = components.map(({ name, version }) => `${name} ${version}`);
  return names.filter((name) => (texts.get(name) ?? "").length < SHORT);
}
