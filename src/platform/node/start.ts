import { load } from "./load.ts";

load("service");
