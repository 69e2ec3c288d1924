import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { compileCache } from "@trestle/testkit/surroundings";
import { type Place, textOf } from "./_place.ts";
import { processesWith } from "./_processes.ts";

const UPSTREAM = fileURLToPath(new URL("./fixtures/upstream.ts", import.meta.url));

/** The entry of one server of ours to be put behind the bridge; its processes are found by place and name. */
export function entry(place: Pick<Place, "root">, name: string, ...flags: string[]): JsonObject {
  return {
    command: process.execPath,
    args: [UPSTREAM, `--root=${place.root}`, `--name=${name}`, ...flags],
    env: compileCache(),
  };
}

/** The processes that serve this entry now. */
export function serversOf(place: Place, name: string): number[] {
  return processesWith(`--root=${place.root} --name=${name} `);
}

/** The keys of all writes that took effect, in their order. */
export function effectsOf(place: Place): string[] {
  return textOf(join(place.root, "effects")).split("\n").slice(0, -1);
}

export interface Execution {
  readonly outcome: string;
  readonly server: string;
  readonly tool: string;
  readonly key: string | undefined;
  readonly arguments: string;
  readonly error_code: string | null;
  /** Requests that were made of the server. */
  readonly attempts: number;
  readonly cached: number;
  /** JSON: what each policy decided. */
  readonly stages: string | null;
}

/** The history as it is on disk, the oldest first. */
export function executionsOf(place: Place): Execution[] {
  const database = new DatabaseSync(join(place.home, "bridge", "history.db"), { readOnly: true });
  try {
    const rows = database.prepare("SELECT * FROM executions ORDER BY seq").all();
    return rows.map((row) => ({
      ...(row as unknown as Execution),
      key: JSON.parse(String(row.arguments)).key,
    }));
  } finally {
    database.close();
  }
}
