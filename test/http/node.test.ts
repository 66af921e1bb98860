import { describe } from "vitest";
import { requires } from "../support/skip.ts";
import { nodeOnDatastore, nodeOnSqlite } from "./rows.ts";
import { describeService } from "./service.ts";

describe(nodeOnSqlite.name, () => describeService(nodeOnSqlite));
requires("emulator")(nodeOnDatastore.name, () => describeService(nodeOnDatastore));
