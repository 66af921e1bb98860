import { datastoreClaims } from "./claims-datastore.ts";
import { deployClaims } from "./claims-deploy.ts";
import { gatewayClaims } from "./claims-gateway.ts";
import { scaleClaims } from "./claims-scale.ts";
import { visitorClaims } from "./claims-visitors.ts";

/**
 * Every assumption about production that was only seen on the emulator or read in documents. None has been tried on a real account: this
 * is the only list of them, and `npm run smoke -- --claims` prints it.
 */
export const PRODUCTION_CLAIMS = { gateway: gatewayClaims, datastore: [...datastoreClaims, ...visitorClaims, ...scaleClaims] } as const;

/** The list, a line each. */
export function listClaims(): string {
  const titles = (claims: readonly { title: string }[]) => claims.map(({ title }) => `  ${title}`);
  return [
    "Unproved; each needs an account. By npm run smoke -- URL --production-claims, of API Gateway:",
    ...titles(PRODUCTION_CLAIMS.gateway),
    "of Datastore (DATASTORE_PROJECT_ID=P in the environment):",
    ...titles(PRODUCTION_CLAIMS.datastore),
    "By the command behind each:",
    ...deployClaims.map(({ title, proof }) => `  ${title}:  ${proof}`),
  ].join("\n");
}
