import { join } from "node:path";
import { readPrivateFile } from "../private-file.ts";
import { type ChainHash, GENESIS, parseObject } from "./entry.ts";

/** The last entry that was acknowledged: what shows that the end of a log was cut off. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY_HEAD: ChainHead = { seq: 0, hash: GENESIS };

/** Fixed, so that a new head covers all of the old one in a single write. */
const RECORD_BYTES = 256;

export function headFile(folder: string): string {
  return join(folder, "head.json");
}

/** The record as it is written: the head, and the hash that vouches for it. */
export function toHeadRecord({ seq, hash }: ChainHead, sign: ChainHash): string {
  const record = JSON.stringify({ seq, hash, seal: sign(`head ${seq} ${hash}`) });
  return `${record.padEnd(RECORD_BYTES - 1)}\n`;
}

/** Undefined where there is no record, "bad" where it is not as we wrote it. */
export function readHead(folder: string, sign: ChainHash): ChainHead | undefined | "bad" {
  const text = readPrivateFile(headFile(folder));
  if (text === undefined) return undefined;
  const { seq, hash, seal } = parseObject(text) ?? {};
  if (typeof seq !== "number" || typeof hash !== "string") return "bad";
  return seal === sign(`head ${seq} ${hash}`) ? { seq, hash } : "bad";
}
