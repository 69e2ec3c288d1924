import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Config } from "../config/load.ts";
import { ask } from "./ask.ts";
import type { Terminal } from "./terminal.ts";

export interface ToolsOptions {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly json: boolean;
}

/** Lists every tool under its exposed name, with what it does to the world. */
export async function tools({ config, terminal, json }: ToolsOptions): Promise<number> {
  const result = await ask({ method: "tools/list", params: {} }, config, terminal);
  const list = (Array.isArray(result.tools) ? result.tools : []).filter(isJsonObject);
  if (json) terminal.print(JSON.stringify(list, null, 2));
  else
    terminal.print(
      list.length > 0 ? table(list) : "No tools: no server is configured or reachable.",
    );
  return 0;
}

function table(list: readonly JsonObject[]): string {
  const width = Math.max(...list.map(({ name }) => String(name).length));
  return list
    .map((tool) =>
      `${String(tool.name).padEnd(width)}  ${effect(tool).padEnd(5)}  ${summary(tool)}`.trimEnd(),
    )
    .join("\n");
}

function effect({ annotations }: JsonObject): string {
  return isJsonObject(annotations) && annotations.readOnlyHint === true ? "reads" : "acts";
}

function summary({ title, description }: JsonObject): string {
  const [first = ""] = String(description ?? title ?? "").split("\n");
  return first.length > 90 ? `${first.slice(0, 89)}…` : first;
}
