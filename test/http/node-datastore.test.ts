import { requires } from "../support/skip.ts";
import { nodeOnDatastore } from "./rows.ts";
import { describeService } from "./service.ts";

requires("emulator")(nodeOnDatastore.name, () => describeService(nodeOnDatastore));
