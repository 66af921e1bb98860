import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import { parseReadings, type Readings } from "./live/readings.ts";
import type { Source } from "./source.ts";

/** What was read of a live counter. The readings of a counter whose reading counts have its own requests taken off. */
function createSource(counter: string, readingCounts: boolean, notes: readonly string[]): Source {
  return {
    reads: /./,
    parse(files, collector) {
      for (const { name, text } of files) {
        const readings = parseReadings(name, text);
        if (readings?.counter !== counter) throw new InvalidInput(`${name} holds no readings of ${counter}.`);
        addReadings(readings, readingCounts, collector);
      }
      for (const note of notes) collector.note(note);
    },
  };
}

function addReadings({ answers, asked }: Readings, readingCounts: boolean, collector: Collector): void {
  const own = (url: string) => (readingCounts ? (asked.get(url) ?? 0) : 0);
  let requests = 0;
  let site: { visits: number | null; visitors: number | null } = { visits: null, visitors: null };
  for (const [url, answer] of answers) {
    requests += own(url);
    if (!answer) {
      collector.leaveOut(url, "that the counter does not know");
      continue;
    }
    const visits = Math.max(0, answer.pageVisits - own(url));
    let dated = 0;
    for (const [day, count] of Object.entries(answer.days ?? {})) {
      collector.add({ where: `${url} ${day}`, page: url, visits: count, day });
      dated += count;
    }
    if (dated < visits || dated === 0) collector.add({ where: url, page: url, visits: visits - dated });
    // The last one is above all pages that were read before it.
    if (answer.siteVisits !== null) site = { visits: answer.siteVisits - requests, visitors: (answer.siteVisitors ?? 0) - requests };
  }
  if (site.visits !== null) collector.addSite({ where: "site", visits: Math.max(0, site.visits) });
  if (site.visitors !== null) collector.addSite({ where: "site", visitors: Math.max(0, site.visitors) });
}

export const vercount = createSource("vercount", false, [
  "Vercount tells page views and the site's visitors, without days. A page that nobody visited for 90 days is forgotten there.",
]);

export const busuanzi = createSource("busuanzi", true, [
  "Busuanzi tells page views and the site's visitors, without days.",
  "Each reading counts as a visit there, and was taken off; one that got no answer was taken for counted.",
]);

export const hits = createSource("hits", false, [
  "hits.sh tells how often the badge was loaded, by day. An extraCount in a badge's address is not in it.",
]);
