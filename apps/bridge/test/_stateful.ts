import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import type { Place } from "./_place.ts";
import { processesWith } from "./_processes.ts";

const STATEFUL = fileURLToPath(new URL("./fixtures/stateful.ts", import.meta.url));

/** The entry of a server that keeps a page between calls. */
export function stateful(place: Place, name: string): JsonObject {
  const args = [STATEFUL, `--root=${place.root}`, `--name=${name}`];
  return { command: process.execPath, args };
}

/** The processes that serve this entry now. */
export function statefulOf({ root }: Place, name: string): number[] {
  return processesWith(`--root=${root} --name=${name}`);
}
