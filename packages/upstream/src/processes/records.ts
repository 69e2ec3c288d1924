import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "@trestle/protocol";

/** One child, as the next bridge finds it should this one be killed. */
export interface ProcessRecord {
  readonly pid: number;
  readonly pgid: number;
  readonly startTime: string;
  readonly upstream: string;
  readonly owner: { readonly pid: number; readonly startTime: string };
}

/** Written at once and synchronously: a child without a record is one that nobody reaps. */
export function writeRecord(folder: string, record: ProcessRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = recordPath(folder, record.pid);
  const part = `${path}.${record.owner.pid}.part`;
  writeFileSync(part, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(part, path);
}

export function removeRecord(folder: string, pid: number): void {
  rmSync(recordPath(folder, pid), { force: true });
}

/** Every readable record; a file that is none is removed. */
export function readRecords(folder: string): ProcessRecord[] {
  const records: ProcessRecord[] = [];
  for (const name of listRecords(folder)) {
    const record = parseRecord(join(folder, name));
    if (record && `${record.pid}.json` === name) records.push(record);
    else rmSync(join(folder, name), { force: true });
  }
  return records;
}

function recordPath(folder: string, pid: number): string {
  return join(folder, `${pid}.json`);
}

function listRecords(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return [];
  }
}

function parseRecord(path: string): ProcessRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ProcessRecord {
  if (!isJsonObject(value) || !isJsonObject(value.owner)) return false;
  return (
    isPid(value.pid) &&
    isPid(value.pgid) &&
    typeof value.startTime === "string" &&
    isPid(value.owner.pid) &&
    typeof value.owner.startTime === "string"
  );
}

/** Never 0 or 1: a signal to group 0 is one to ourselves, to group 1 one to everybody. */
function isPid(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 1;
}
