import { TrestleError } from "@trestle/protocol";
import { createPrivateFile } from "../private-file.ts";
import { type ChainHash, readLine } from "./entry.ts";
import { type ChainHead, EMPTY_HEAD, headFile, readHead, toHeadRecord } from "./head.ts";
import { listSegments, readLines, type Segment } from "./segments.ts";

/** Where a writer goes on. */
export interface ChainTail {
  readonly head: ChainHead;
  /** The last file, and how much of it is good; absent in an empty log. */
  readonly segment?: Segment & { readonly goodBytes: number; readonly tornBytes: number };
}

/**
 * Finds the end of a log, past whatever a killed writer left unfinished. Reads only the last file.
 * Throws `conflict` where acknowledged entries are missing or changed there.
 */
export async function findTail(folder: string, hash: ChainHash): Promise<ChainTail> {
  const segment = listSegments(folder).at(-1);
  const acknowledged = readHead(folder, hash);
  if (acknowledged === undefined && segment === undefined) {
    createPrivateFile(headFile(folder), toHeadRecord(EMPTY_HEAD, hash));
    return { head: EMPTY_HEAD };
  }
  if (acknowledged === undefined || acknowledged === "bad") {
    throw notIntact(folder, "the record of its last entry is missing or not as it was written");
  }
  if (segment === undefined) {
    if (acknowledged.seq > 0) throw notIntact(folder, "all of its entries are missing");
    return { head: acknowledged };
  }
  const { head, goodBytes, bytes } = await readTail(segment, acknowledged, hash);
  if (head === undefined || head.seq < acknowledged.seq) {
    const next = (head?.seq ?? segment.firstSeq - 1) + 1;
    throw notIntact(folder, `entry ${next} is missing or not as it was written`);
  }
  return { head, segment: { ...segment, goodBytes, tornBytes: bytes - goodBytes } };
}

/**
 * Follows the last file from its start as far as it is a chain that contains the acknowledged entry. No head where
 * not even its first entry is.
 */
async function readTail(segment: Segment, acknowledged: ChainHead, hash: ChainHash) {
  let head: ChainHead | undefined =
    acknowledged.seq === segment.firstSeq - 1 ? acknowledged : undefined;
  let goodBytes = 0;
  let bytes = 0;
  for await (const line of readLines(segment.file)) {
    bytes = line.end;
    if (goodBytes !== line.start) continue; // after the first bad line nothing counts
    const entry = line.whole ? readLine(line.text, hash) : undefined;
    if (!entry || entry.seq !== (head?.seq ?? segment.firstSeq - 1) + 1) continue;
    if (head && entry.previous !== head.hash) continue;
    if (entry.seq === acknowledged.seq && entry.hash !== acknowledged.hash) continue;
    head = { seq: entry.seq, hash: entry.hash };
    goodBytes = line.end;
  }
  return { head, goodBytes, bytes };
}

function notIntact(folder: string, what: string): TrestleError {
  return new TrestleError(
    "conflict",
    `The log in ${folder} is not intact: ${what}. Move the folder away as evidence; a new log starts in its place.`,
    { details: { folder } },
  );
}
