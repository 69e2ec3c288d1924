import type { JsonObject } from "@trestle/protocol";
import { PAGES, type Page } from "../pages.ts";

/** The paths of what stands in no envelope. */
export function pagePaths(): Record<string, JsonObject> {
  return Object.fromEntries(PAGES.map((page) => [`/${page.path}`, { get: toOperation(page) }]));
}

function toOperation({ path, summary, mediaType, needs, schema }: Page): JsonObject {
  const isOpen = needs === "anybody";
  return {
    operationId: `get_${path.replace(/[^a-z_]+/g, "_")}`,
    tags: ["pages"],
    summary,
    ...(isOpen ? { security: [{}] } : {}),
    responses: {
      "200": {
        description: summary,
        content: { [mediaType]: { schema: schema ?? { type: "string" } } },
      },
      ...(isOpen
        ? {}
        : {
            "401": { $ref: "#/components/responses/Unauthenticated" },
            "403": { $ref: "#/components/responses/Denied" },
          }),
      default: { $ref: "#/components/responses/Failed" },
    },
  };
}
