import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import standardLicences from "spdx-license-list/full.js";
import { ROOT } from "./root.ts";

/** A licence's text in full, and what it is the licence of, such as `hono 4.13.19 (MIT)`. */
export interface LicenceText {
  readonly of: string;
  readonly text: string;
}

/** Divides the sections of the file of licences: each names, a line each, what has the text that follows. */
export const DIVIDER = "=".repeat(80);

/** One text for the file of licences; what has the very same text shares a section. */
export function joinTexts(texts: readonly LicenceText[]): string {
  const sections = Map.groupBy(texts, ({ text }) => text.trim());
  return [...sections].map(([text, those]) => `${those.map(({ of }) => of).join("\n")}\n\n${text}\n`).join(`\n${DIVIDER}\n\n`);
}

/** A package, as its own package.json has it. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

export async function readPackage(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
}

/** A package's licence as it came with it, or else the text that its licence's name stands for. */
export async function licenceOfPackage(folder: string): Promise<LicenceText> {
  const { name, version, license, author } = await readPackage(folder);
  const files = (await readdir(join(ROOT, folder))).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), "utf8")));
  const holder = typeof author === "string" ? author : (author?.name ?? `the authors of ${name}`);
  const standard = standardLicences[license]?.licenseText.replace("<year> <copyright holders>", holder) ?? "";
  return { of: `${name} ${version} (${license})`, text: texts.join("\n\n") || standard };
}
