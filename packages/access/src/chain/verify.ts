import { type ChainEntry, type ChainHash, createChainHash, readLine } from "./entry.ts";
import { type ChainHead, EMPTY_HEAD, readHead } from "./head.ts";
import { listSegments, readLines, type Segment, type SegmentLine } from "./segments.ts";

export type ChainVerdict = IntactChain | BrokenChain;

export interface IntactChain {
  readonly ok: true;
  /** The last entry. */
  readonly head: ChainHead;
  /** Bytes after it that were never acknowledged, as a killed writer leaves them. */
  readonly tornBytes: number;
}

export interface BrokenChain {
  readonly ok: false;
  /** The first entry that is not as it was written. */
  readonly seq: number;
  /** `head`: the record of the last entry is missing or not ours, so that a cut end would not show. */
  readonly reason: "changed" | "removed" | "reordered" | "truncated" | "head";
  readonly explanation: string;
}

export interface ChainOptions {
  readonly folder: string;
  /** The key of the log, where it has one. */
  readonly key?: Buffer;
}

/**
 * Reads a whole log and finds the first entry that is not as it was written. Needs no lock: a log that
 * is being written to verifies as far as it was acknowledged. Without a key, whoever can write the
 * files can also write all hashes anew; keep a head elsewhere, or give the log a key.
 */
export async function verifyChain(
  options: ChainOptions & {
    /** A head that was kept elsewhere: its entry must be there as it was. */
    readonly kept?: ChainHead;
  },
): Promise<ChainVerdict> {
  const verdict = await verifyFiles(options);
  const { kept } = options;
  if (!verdict.ok || kept === undefined || kept.seq === 0) return verdict;
  const first = readChain({ ...options, sinceSeq: kept.seq - 1 });
  for await (const { seq, hash } of first) {
    if (seq === kept.seq && hash === kept.hash) return verdict;
    return broken(kept.seq, "changed", `Entry ${kept.seq} is not the one that was kept elsewhere`);
  }
  return broken(kept.seq, "truncated", `The log ends before entry ${kept.seq}, which was there`);
}

async function verifyFiles(options: ChainOptions): Promise<ChainVerdict> {
  const hash = createChainHash(options.key);
  const head = readHead(options.folder, hash); // first: what is written from now on is only more
  const segments = listSegments(options.folder);
  const acknowledged = head === undefined || head === "bad" ? EMPTY_HEAD : head;
  const walked = await walk(segments, hash, acknowledged);
  if (!walked.ok) return walked;
  const isNew = head === undefined && walked.head.seq === 0 && walked.tornBytes === 0;
  if (!isNew && (head === undefined || head === "bad")) {
    const what = head === undefined ? "is missing" : "is not as it was written";
    return broken(walked.head.seq + 1, "head", `The record of the last entry ${what}`);
  }
  return walked;
}

/** The entries after a number, oldest first, up to the first that is not as it was written. */
export async function* readChain(
  options: ChainOptions & { readonly sinceSeq?: number },
): AsyncGenerator<ChainEntry> {
  const hash = createChainHash(options.key);
  const since = options.sinceSeq ?? 0;
  const segments = listSegments(options.folder);
  for (const [index, { file }] of segments.entries()) {
    if ((segments[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY) <= since + 1) continue;
    for await (const line of readLines(file)) {
      const entry = line.whole ? readLine(line.text, hash) : undefined;
      if (!entry) return;
      if (entry.seq > since) yield entry;
    }
  }
}

async function walk(
  segments: readonly Segment[],
  hash: ChainHash,
  acknowledged: ChainHead,
): Promise<ChainVerdict> {
  let head: ChainHead = EMPTY_HEAD;
  let tornBytes = 0;
  for (const { file } of segments) {
    for await (const line of readLines(file)) {
      const entry = line.whole ? readLine(line.text, hash) : undefined;
      const fault = tornBytes > 0 ? undefined : faultOf(line, entry, { head, acknowledged });
      if (fault === "gap") return explainGap(segments, hash, head.seq + 1);
      if (fault) return fault;
      if (entry && tornBytes === 0) head = { seq: entry.seq, hash: entry.hash };
      else tornBytes += line.end - line.start;
    }
  }
  if (head.seq >= acknowledged.seq) return { ok: true, head, tornBytes };
  return broken(
    head.seq + 1,
    "truncated",
    `The log ends with entry ${head.seq}, and ${acknowledged.seq} were acknowledged`,
  );
}

/** What is wrong with the line after `head`. What was never acknowledged may be anything. */
function faultOf(
  line: SegmentLine,
  entry: ChainEntry | undefined,
  { head, acknowledged }: { head: ChainHead; acknowledged: ChainHead },
): BrokenChain | "gap" | undefined {
  const seq = head.seq + 1;
  if (!entry) {
    if (seq > acknowledged.seq) return undefined;
    if (!line.whole) return broken(seq, "truncated", `Entry ${seq} is cut off`);
    return broken(seq, "changed", `The line of entry ${seq} does not fit its hash`);
  }
  if (entry.seq !== seq) return "gap";
  if (entry.previous !== head.hash) {
    return broken(seq, "changed", `Entry ${seq} does not follow the one before it`);
  }
  if (seq === acknowledged.seq && entry.hash !== acknowledged.hash) {
    return broken(seq, "changed", `Entry ${seq} is not the one that was acknowledged`);
  }
  return undefined;
}

/** An entry that is missing from its place stands elsewhere, or nowhere. */
async function explainGap(
  segments: readonly Segment[],
  hash: ChainHash,
  seq: number,
): Promise<BrokenChain> {
  for (const { file } of segments) {
    for await (const { text } of readLines(file)) {
      if (readLine(text, hash)?.seq === seq) {
        return broken(seq, "reordered", `Entry ${seq} does not stand in its place`);
      }
    }
  }
  return broken(seq, "removed", `Entry ${seq} is missing`);
}

function broken(seq: number, reason: BrokenChain["reason"], what: string): BrokenChain {
  const explanation = `${what}. Keep these files as evidence, and compare them with a backup.`;
  return { ok: false, seq, reason, explanation };
}
