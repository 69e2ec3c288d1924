import { readFileSync } from "node:fs";
import type { JsonObject } from "@trestle/protocol";

/** The tools of published servers and what people ask of them: `data/README.md` says where they come from. */
export interface RecordedTool {
  readonly server: string;
  /** As the server lists it, with arguments that have names and no more. */
  readonly definition: JsonObject;
}

export interface JudgedRequest {
  readonly server: string;
  readonly tool: string;
  readonly request: string;
  readonly half: "development" | "held-out";
}

export function recordedTools(): RecordedTool[] {
  return linesOf("tools.jsonl").map((line) => {
    const { server, arguments: names, ...definition } = JSON.parse(line);
    const properties = Object.fromEntries(names.map((name: string) => [name, {}]));
    return { server, definition: { ...definition, inputSchema: { type: "object", properties } } };
  });
}

export function judgedRequests(): JudgedRequest[] {
  return linesOf("requests.tsv").map((line) => {
    const [server = "", tool = "", half, request = ""] = line.split("\t");
    return { server, tool, request, half: half === "held-out" ? half : "development" };
  });
}

function linesOf(file: string): string[] {
  return readFileSync(new URL(`data/${file}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
