import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { checkFormat } from "./errors.ts";
import type { VersionTable } from "./merge.ts";

/**
 * A snapshot is a line of JSON (the header), then, in gzip, the table of versions as JSON and the
 * bytes of the fold.
 */
const FORMAT = 1;
const MAX_HEADER_BYTES = 1_000;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

interface Header {
  readonly format: number;
  /** Bytes of the table; what follows is the fold's. */
  readonly tableBytes: number;
  /** Of all that follows the header, in hexadecimal. */
  readonly sha256: string;
}

export interface SnapshotContent {
  readonly table: VersionTable;
  readonly fold: Uint8Array;
}

export async function encodeSnapshot({ table, fold }: SnapshotContent): Promise<Uint8Array> {
  const tableBytes = Buffer.from(JSON.stringify(table));
  const body = await compress(Buffer.concat([tableBytes, fold]), { level: 1 });
  const header: Header = {
    format: FORMAT,
    tableBytes: tableBytes.length,
    sha256: sha256(body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** Throws where the object is not whole. */
export async function decodeSnapshot(key: string, bytes: Uint8Array): Promise<SnapshotContent> {
  const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(10);
  if (end < 0) throw new Error("it has no header");
  const header = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString("utf8")) as Header;
  checkFormat(key, header.format, FORMAT);
  const body = bytes.subarray(end + 1);
  if (sha256(body) !== header.sha256) throw new Error("its checksum does not fit");
  const content = await decompress(body);
  const table = JSON.parse(content.subarray(0, header.tableBytes).toString("utf8")) as VersionTable;
  if (!Array.isArray(table.live) || !Array.isArray(table.gone)) {
    throw new Error("it has no table of versions");
  }
  return { table, fold: content.subarray(header.tableBytes) };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
