import { ObjectStoreError } from "../object-store/object-store.ts";
import type { WriterHead } from "./entry.ts";

/** A chain for each writer: a process writes alone, so that none waits for another. */
export const LOG_PREFIX = "mcp/audit-log/";

const FORM = /^mcp\/audit-log\/([0-9A-Z]{26})\/(\d{12})-([0-9a-f]{64})\.ndjson$/;

/** The key tells the last entry of the object, so that a listing shows the end of every chain. */
export function segmentKey({ writer, seq, hash }: WriterHead): string {
  return `${LOG_PREFIX}${writer}/${String(seq).padStart(12, "0")}-${hash}.ndjson`;
}

/** @throws ObjectStoreError `damaged` for a key that this log never wrote */
export function headOfKey(key: string): WriterHead {
  const [, writer, seq, hash] = FORM.exec(key) ?? [];
  if (writer !== undefined && seq !== undefined && hash !== undefined)
    return { writer, seq: Number(seq), hash };
  throw new ObjectStoreError("damaged", `${key} is no object of the audit log.`);
}

export const isSegmentKey = (key: string): boolean => FORM.test(key);
