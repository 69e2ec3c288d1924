import { KEY_STORE_SCHEMA } from "@trestle/access";
import { migrations as reviewMigrations } from "./review/items.ts";
import { historyMigrations } from "./schema.ts";

/** The newest schemas that this bridge knows of its own files, by their path from the home. */
export const BRIDGE_SCHEMAS: Readonly<Record<string, number>> = {
  "bridge/history.db": historyMigrations.length,
  "bridge/keys.db": KEY_STORE_SCHEMA,
  "bridge/review.db": reviewMigrations.length,
};
