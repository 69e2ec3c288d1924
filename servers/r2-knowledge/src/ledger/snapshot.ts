import { createHash } from "node:crypto";
import { packSections, unpackSections } from "../packed/sections.ts";
import { checkFormat } from "./errors.ts";
import type { VersionTable } from "./merge.ts";

/**
 * A snapshot is a line of JSON (the header), then the table of versions, then the bytes of the fold as it
 * gave them: it knows best what to compress.
 */
const FORMAT = 3;
const MAX_HEADER_BYTES = 1_000;

interface Header {
  readonly format: number;
  /** Bytes of the table as it is packed; what follows is the fold's. */
  readonly tableBytes: number;
  /** Of all that follows the header, in hexadecimal. */
  readonly sha256: string;
}

export interface SnapshotContent {
  readonly table: VersionTable;
  readonly fold: Uint8Array;
}

export async function encodeSnapshot({ table, fold }: SnapshotContent): Promise<Uint8Array> {
  const packed = await packSections(table);
  const sum = sha256([packed, fold]);
  const header: Header = { format: FORMAT, tableBytes: packed.length, sha256: sum };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), packed, fold]);
}

/** Throws where the object is not whole. */
export function decodeSnapshot(key: string, bytes: Uint8Array): SnapshotContent {
  const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(10);
  if (end < 0) throw new Error("it has no header");
  const header = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString("utf8")) as Header;
  checkFormat(key, header.format, FORMAT);
  const body = bytes.subarray(end + 1);
  if (sha256([body]) !== header.sha256) throw new Error("its checksum does not fit");
  const table = unpackSections(body.subarray(0, header.tableBytes));
  return { table, fold: body.subarray(header.tableBytes) };
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
