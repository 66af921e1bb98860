import type { TakeoverProtocol } from "../../http/config.ts";
import type { RouteDocs } from "../docs.ts";
import { abacusDocs } from "./abacus.ts";
import { busuanziDocs } from "./busuanzi.ts";
import { counterscaleDocs } from "./counterscale.ts";
import { goatcounterDocs } from "./goatcounter.ts";
import { hitsDocs } from "./hits.ts";
import { komarevDocs } from "./komarev.ts";
import { leancloudDocs } from "./leancloud.ts";
import { moeCounterDocs } from "./moe-counter.ts";
import { openkounterDocs } from "./openkounter.ts";
import { plausibleDocs } from "./plausible.ts";
import { seeyoufarmDocs } from "./seeyoufarm.ts";
import { soxftDocs } from "./soxft.ts";
import { umamiDocs } from "./umami.ts";
import { vercountDocs } from "./vercount.ts";
import { visitorBadgeDocs } from "./visitor-badge.ts";

/** What a gateway routes of each. */
const DOCS: Readonly<Record<TakeoverProtocol, () => RouteDocs>> = {
  busuanzi: busuanziDocs,
  vercount: vercountDocs,
  soxft: soxftDocs,
  leancloud: leancloudDocs,
  openkounter: openkounterDocs,
  goatcounter: goatcounterDocs,
  komarev: komarevDocs,
  "visitor-badge": visitorBadgeDocs,
  seeyoufarm: seeyoufarmDocs,
  umami: umamiDocs,
  plausible: plausibleDocs,
  counterscale: counterscaleDocs,
  abacus: abacusDocs,
  countapi: abacusDocs,
  "moe-counter": moeCounterDocs,
  hits: hitsDocs,
};

const SCRIPT_DOCS: RouteDocs = {
  "GET /takeover.js": {
    operationId: "getTakeoverScript",
    group: "Pages",
    summary: "The script that stands for other counters'",
    answer: "text/javascript",
    problems: [],
  },
};

/** What a document says of the protocols that are switched on. Only the build reads it. */
export function takeoverDocs(protocols: readonly TakeoverProtocol[]): RouteDocs {
  if (protocols.length === 0) return {};
  return Object.assign({}, SCRIPT_DOCS, ...protocols.map((protocol) => DOCS[protocol]()));
}
