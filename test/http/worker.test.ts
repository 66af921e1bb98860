import { describe } from "vitest";
import { requires } from "../support/skip.ts";
import { workerOnDatastore, workerOnDurableObjects } from "./rows.ts";
import { describeService } from "./service.ts";

describe(workerOnDurableObjects.name, () => describeService(workerOnDurableObjects));
requires("emulator")(workerOnDatastore.name, () => describeService(workerOnDatastore));
