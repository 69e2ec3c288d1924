import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";

/** What `owner.json` says of the folder's owner. */
export interface OwnerRecord {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly fence: number;
  /** The socket path or pipe name where the owner takes joiners. */
  readonly address: string;
  /** The language that owner and joiners of this folder speak; 1 where the record says nothing. */
  readonly talks?: number;
  /** Whatever the owner wants others to know. */
  readonly info?: JsonObject;
}

/** The record as written, by an owner alive or dead; undefined where there is none that can be read. */
export function readOwnerRecord(folder: string): OwnerRecord | undefined {
  try {
    return toOwnerRecord(readFileSync(join(folder, "owner.json"), "utf8"));
  } catch {
    return undefined;
  }
}

export function writeOwnerRecord(folder: string, record: OwnerRecord): void {
  const file = join(folder, "owner.json");
  const draft = `${file}.${record.fence}.tmp`;
  writeFileSync(draft, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

export function removeOwnerRecord(folder: string): void {
  rmSync(join(folder, "owner.json"), { force: true });
}

function toOwnerRecord(text: string): OwnerRecord | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  const { pid, startedAt, fence, address, talks, info } = value;
  if (typeof pid !== "number" || typeof fence !== "number" || typeof address !== "string") {
    return undefined;
  }
  const spoken = typeof talks === "number" ? { talks } : {};
  const record = { pid, startedAt: Number(startedAt), fence, address, ...spoken };
  return isJsonObject(info) ? { ...record, info } : record;
}
