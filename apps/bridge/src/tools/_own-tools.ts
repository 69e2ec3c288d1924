import type { JsonObject } from "@trestle/protocol";
import { OPERATIONS } from "../operations/index.ts";
import { defineOwnServer } from "./own-definition.ts";

/** What stands in `own-tools.json`. `node apps/bridge/src/tools/_own-tools.ts > apps/bridge/src/tools/own-tools.json` */
export function describeOwnTools(): JsonObject[] {
  const needs = new Map(OPERATIONS.map((operation) => [operation.name, operation.needs]));
  const server = defineOwnServer("0.0.0", () => {
    throw new Error("Nobody calls.");
  });
  return server.describeTools().map((definition) => ({
    definition,
    needs: needs.get(String(definition.name)) ?? "caller",
  }));
}

if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(describeOwnTools(), null, 2)}\n`);
}
