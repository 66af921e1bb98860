import { describe } from "vitest";
import { workerOnDurableObjects } from "./rows.ts";
import { describeService } from "./service.ts";

describe(workerOnDurableObjects.name, () => describeService(workerOnDurableObjects));
