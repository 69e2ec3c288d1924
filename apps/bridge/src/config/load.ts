import { type Config, type LoadOptions, readConfig } from "./read.ts";
import { schemaChecks } from "./schema-checks.ts";

export type { Config, LoadOptions } from "./read.ts";

/** As `readConfig`, with this text in the place of what stands in the file. */
export function loadText(text: string, options: LoadOptions): Config {
  return readConfig(options, {
    ...schemaChecks,
    file: (asked) => schemaChecks.file({ ...asked, text }),
  });
}

/** As `readConfig`, by the schema. */
export function loadConfig(options: LoadOptions): Config {
  return readConfig(options, schemaChecks);
}
