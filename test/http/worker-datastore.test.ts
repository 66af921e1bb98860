import { requires } from "../support/skip.ts";
import { workerOnDatastore } from "./rows.ts";
import { describeService } from "./service.ts";

requires("emulator")(workerOnDatastore.name, () => describeService(workerOnDatastore));
