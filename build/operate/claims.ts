import { datastoreClaims } from "./claims-datastore.ts";
import { gatewayClaims } from "./claims-gateway.ts";

/**
 * Every assumption about Google's production services that was only seen on the emulator or read in Google's documents. None has been
 * tried on a real account: `npm run smoke -- --production-claims` tries them.
 */
export const PRODUCTION_CLAIMS = { gateway: gatewayClaims, datastore: datastoreClaims } as const;
