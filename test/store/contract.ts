import { afterAll, beforeAll, describe } from "vitest";
import type { Store } from "../../src/domain/store.ts";
import { administration } from "./contract/administration.ts";
import { batches } from "./contract/batches.ts";
import { concurrency } from "./contract/concurrency.ts";
import { invariants } from "./contract/invariants.ts";
import { lists } from "./contract/lists.ts";
import { visitors } from "./contract/visitors.ts";

/** An open store; `again` opens a second instance on the same data, where the engine allows two. */
interface Opened {
  readonly store: Store;
  again?(): Promise<Store>;
  close(): Promise<void>;
}

/** An engine on a runtime. */
export interface StoreRow {
  readonly name: string;
  /** It estimates visitors. */
  readonly visitors: boolean;
  open(): Promise<Opened>;
}

/** What a part of the contract runs on. `second` is another instance on the same data, or the same one where there can be only one. */
export interface Rig {
  readonly store: Store;
  readonly second: Store;
  /** Another instance on the same data, as yet without any knowledge of it. */
  another(): Promise<Store>;
}

const OPEN_MS = 30_000;

/** The contract of the store port, for one row. Each test has its own sites, so rows may share a database. */
export function describeStore(row: StoreRow): void {
  describe(`store: ${row.name}`, () => {
    let opened: Opened | undefined;
    let second: Store | undefined;
    beforeAll(async () => {
      opened = await row.open();
      second = await opened.again?.();
    }, OPEN_MS);
    afterAll(async () => {
      await second?.close();
      await opened?.close();
    }, OPEN_MS);
    const rig = (): Rig => {
      if (!opened) throw new Error(`${row.name} did not open`);
      const { store, again } = opened;
      return { store, second: second ?? store, another: async () => (await again?.()) ?? store };
    };
    for (const part of [batches, lists, administration, concurrency, invariants]) part(rig);
    if (row.visitors) visitors(rig);
  });
}
