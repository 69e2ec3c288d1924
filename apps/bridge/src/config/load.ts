import { type Config, type LoadOptions, readConfig } from "./read.ts";
import { schemaChecks } from "./schema-checks.ts";

export type { Config, LoadOptions } from "./read.ts";

/** As `readConfig`, by the schema. */
export function loadConfig(options: LoadOptions): Config {
  return readConfig(options, schemaChecks);
}
