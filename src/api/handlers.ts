import { createDayClock } from "../domain/day.ts";
import { deleteVisits, setVisits } from "./correct.ts";
import { createCounter } from "./count.ts";
import type { Exchange, Shared } from "./exchange.ts";
import { exportVisits } from "./export.ts";
import { createHealth } from "./health.ts";
import { answerBadge, answerPixel } from "./images.ts";
import { importVisits } from "./import.ts";
import type { Body, OperationId, Query } from "./operations.ts";
import { listPages, listSites, readSeries, readVisits } from "./read.ts";

/** Answers one operation; what it gets has been validated. */
export type Handler<K extends OperationId> = (exchange: Exchange, query: Query<K>, body: Body<K>) => Promise<Response>;

/** A handler for every operation: one that is missing, or too many, does not compile. */
export function createHandlers(shared: Shared): { readonly [K in OperationId]: Handler<K> } {
  const today = createDayClock(shared.now);
  const counter = createCounter(shared, today);
  return {
    countVisit: (exchange, _query, body) => counter.post(exchange, body),
    readVisits,
    setVisits: (exchange, _query, body) => setVisits(exchange, body),
    deleteVisits,
    pixel: (exchange, query) => answerPixel(exchange, query, counter),
    badge: (exchange, query) => answerBadge(exchange, query, counter),
    listSites,
    listPages: (exchange, query) => listPages(exchange, query, today()),
    readSeries: (exchange, query) => readSeries(exchange, query, today()),
    importVisits,
    exportVisits,
    checkHealth: createHealth(shared),
  };
}
