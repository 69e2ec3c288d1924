import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { VerdictStore } from "@trestle/upstream";

/**
 * The era that each upstream was found to speak, so that the next start need not probe. A lost or broken
 * file only costs a probe: reading never fails and writing is best effort.
 */
export function openVerdicts(file: string): VerdictStore {
  const verdicts = new Map(Object.entries(readVerdicts(file)));
  return {
    get: (key) => verdicts.get(key) as never,
    set: (key, verdict) => {
      if (verdict === undefined) verdicts.delete(key);
      else verdicts.set(key, verdict as never);
      writeVerdicts(file, Object.fromEntries(verdicts) as JsonObject);
    },
  };
}

function readVerdicts(file: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function writeVerdicts(file: string, verdicts: JsonObject): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.tmp`, JSON.stringify(verdicts), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  } catch {
    // The next start probes again.
  }
}
