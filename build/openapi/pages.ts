import type { PAGES } from "../../src/api/assets.ts";
import type { OperationObject, Parameter } from "./document.ts";

type Page = Omit<OperationObject, "tags" | "security">;

const FILE: Parameter = { name: "file", in: "path", required: true, description: "The file's name.", schema: { type: "string" } };

/** What only documents the pages and scripts, by the paths of `PAGES` as OpenAPI writes them. */
export const PAGE_REFERENCE: Readonly<Record<string, Page>> = {
  "/": page("showDashboard", "The dashboard", "text/html", "Shows the sites' visits, day by day."),
  "/embed.js": page("getEmbedScript", "The website's script", "text/javascript", "Counts a visit of the page that loads it. For everyone."),
  "/openapi.json": page("getContract", "This contract", "application/json", "OpenAPI 3.1."),
  "/assets/{file}": { ...page("getAsset", "A part of the dashboard", "*/*", "Its name holds its content's hash."), parameters: [FILE] },
};

/** A path of the service as OpenAPI writes it. */
export function templateOf(path: keyof typeof PAGES): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

function page(operationId: string, summary: string, type: string, description: string): Page {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  return {
    operationId,
    summary,
    description,
    responses: {
      200: { description: "The file.", content: { [type]: { schema } } },
      304: { description: "The client has it." },
      404: { $ref: "#/components/responses/not-found" },
    },
  };
}
