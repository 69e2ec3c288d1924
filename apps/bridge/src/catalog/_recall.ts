import { readFileSync } from "node:fs";
import type { JsonObject } from "@trestle/protocol";
import { sameUris } from "./uris.ts";
import { buildView, type CatalogTool } from "./view.ts";

/** A request in the words of a person who has not read the description of the tool that is meant. */
export interface JudgedRequest {
  readonly request: string;
  /** The exposed name of the tool that is meant. */
  readonly wanted: string;
  /** Tuning looks at the development half only; what is reported comes from the other. */
  readonly half: "development" | "held-out";
}

const DATA = new URL("../../../../bench/search/data/", import.meta.url);

/** The tools of published servers: `bench/search/data/README.md` says whose. */
export function readTools(): ReadonlyMap<string, CatalogTool> {
  const servers = new Map<string, JsonObject[]>();
  for (const line of linesOf("tools.jsonl")) {
    const { server, arguments: names, ...tool } = JSON.parse(line);
    const properties = Object.fromEntries(names.map((name: string) => [name, {}]));
    const tools = servers.get(server) ?? [];
    tools.push({ ...tool, inputSchema: { type: "object", properties } });
    servers.set(server, tools);
  }
  const nothing = { prompts: [], resources: [], templates: [] };
  const lists = [...servers].map(([id, tools]) => ({ id, tools, ...nothing }));
  return buildView(lists, { prefix: "always", maxLength: 45 }, () => sameUris).tools;
}

export function readRequests(tools: ReadonlyMap<string, CatalogTool>): JudgedRequest[] {
  const exposed = new Map([...tools].map(([name, tool]) => [`${tool.server}\t${tool.name}`, name]));
  return linesOf("requests.tsv").map((line) => {
    const [server = "", tool = "", half, request = ""] = line.split("\t");
    const wanted = exposed.get(`${server}\t${tool}`) ?? "";
    return { request, wanted, half: half === "held-out" ? half : "development" };
  });
}

function linesOf(file: string): string[] {
  return readFileSync(new URL(file, DATA), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
