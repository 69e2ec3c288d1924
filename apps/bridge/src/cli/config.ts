import { configJsonSchema } from "../config/json-schema.ts";
import type { Config } from "../config/load.ts";
import { EXIT } from "./exit-code.ts";

/** What a command without a running bridge needs. */
export interface ConfigCommand {
  readonly print: (text: string) => void;
}

/** Prints the JSON Schema of trestle.json. */
export function printSchema({ print }: ConfigCommand): number {
  print(JSON.stringify(configJsonSchema(), null, 2));
  return 0;
}

/** Prints what is wrong with the configuration by file, line and key. Exit code 78 where something is an error. */
export function checkConfig(
  load: () => Config,
  { print, json }: ConfigCommand & { readonly json: boolean },
): number {
  // What makes the bridge itself refuse to start is thrown, and told by whoever runs the command.
  const { file = "the defaults", servers, problems } = load();
  const ok = problems.every(({ level }) => level !== "error");
  if (json) {
    print(JSON.stringify({ file, ok, problems, servers: servers.map(({ id }) => id) }, null, 2));
    return ok ? EXIT.ok : EXIT.config;
  }
  for (const { server, level, message, line } of problems) {
    const where = line === undefined ? file : `${file}:${line}`;
    print(`${where}: mcpServers.${server}: ${level}: ${message}`);
  }
  const errors = problems.filter(({ level }) => level === "error").length;
  const ids = servers.map(({ id }) => id).join(", ") || "none";
  print(`${file}: ${errors === 0 ? "fit to serve" : `${errors} not served`}; servers: ${ids}`);
  return errors === 0 ? EXIT.ok : EXIT.config;
}
