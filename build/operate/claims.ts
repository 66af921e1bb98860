import { datastoreClaims } from "./claims-datastore.ts";
import { gatewayClaims } from "./claims-gateway.ts";

/**
 * What Footfall takes for true of Google's production services, and has seen on Google's emulator or read in Google's documents
 * only. This is the whole list; nothing of it has been tried on a real account.
 */
export const PRODUCTION_CLAIMS = { gateway: gatewayClaims, datastore: datastoreClaims } as const;
