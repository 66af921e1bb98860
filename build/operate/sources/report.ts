import { grouped } from "../../statistics.ts";
import type { Collected } from "./collect.ts";
import type { ImportLine } from "./lines.ts";

/** How many pages a preview names. */
const PREVIEW = 20;

/** What became of an export: what is used and what is left out, which add up to what was read. */
export function reportOf({ rows, visits, used, unattributed, leftOut, notes }: Collected): string {
  const lost = { rows: rows - used.rows, visits: visits - used.visits };
  const sums = [
    ["read", rows, visits, ""],
    ["used", used.rows, used.visits, ` on ${grouped(used.pages)} pages, ${grouped(used.dated)} of them with a day`],
    ["left out", lost.rows, lost.visits, ""],
  ] as const;
  const reasons = [...leftOut].flatMap(([reason, group]) => [
    `  ${grouped(group.rows)} ${group.rows === 1 ? "row" : "rows"} ${reason}${group.visits > 0 ? ` (${grouped(group.visits)} visits)` : ""}`,
    ...group.examples.map((example) => `    ${example}`),
    ...(group.rows > group.examples.length ? [`    and ${grouped(group.rows - group.examples.length)} more`] : []),
  ]);
  return [
    ...sums.map(
      ([what, count, sum, more]) => `${what.padEnd(9)}${grouped(count).padStart(12)} rows ${grouped(sum).padStart(18)} visits${more}`,
    ),
    ...reasons,
    ...(unattributed > 0 ? [`The site's total exceeds its pages by ${grouped(unattributed)}: unattributed visits.`] : []),
    ...notes,
  ].join("\n");
}

/** The pages with the most visits among lines of an import. */
export function previewOf(lines: readonly ImportLine[]): string {
  const pages = new Map<string | null, number>();
  for (const { page, visits } of lines) pages.set(page, (pages.get(page) ?? 0) + visits);
  const most = [...pages].sort(([, one], [, other]) => other - one);
  return [
    ...most.slice(0, PREVIEW).map(([page, visits]) => `${grouped(visits).padStart(15)}  ${page ?? "(no page: unattributed)"}`),
    ...(most.length > PREVIEW ? [`${"…".padStart(15)}  and ${grouped(most.length - PREVIEW)} more`] : []),
  ].join("\n");
}
