import { describe } from "vitest";
import { nodeOnSqlite } from "./rows.ts";
import { describeService } from "./service.ts";

describe(nodeOnSqlite.name, () => describeService(nodeOnSqlite));
