import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import type { Answer } from "./_peer.ts";
import type { Place } from "./_place.ts";

const LISTED = fileURLToPath(new URL("./fixtures/listed.ts", import.meta.url));

/** The entry of a server that offers these tools; it reads them anew with each list. */
export function listedEntry(place: Place, name: string, tools: readonly object[]): JsonObject {
  writeTools(place, name, tools);
  return { command: process.execPath, args: [LISTED, `--tools=${fileOf(place, name)}`] };
}

export function writeTools(place: Place, name: string, tools: readonly object[]): void {
  writeFileSync(fileOf(place, name), JSON.stringify(tools));
}

function fileOf(place: Place, name: string): string {
  return join(place.root, `tools-${name}.json`);
}

/** A tool with so many characters of description. */
export function toolOf(name: string, properties: JsonObject = {}, length = 0): JsonObject {
  const description = `Does ${name}.${" Says more about it".repeat(Math.ceil(length / 19))}`;
  return { name, description, inputSchema: { type: "object", properties } };
}

/** What a tool of such a server was called with. */
export function gotBy({ result, error }: Answer): JsonObject {
  if (error || !result) throw new Error(JSON.stringify(error));
  const [block] = result.content as JsonObject[];
  return JSON.parse(String(block?.text ?? "{}"));
}
