import { Buffer } from "node:buffer";
import { type ChainEntry, createChainHash, GENESIS, readChainLine } from "@trestle/access";
import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import type { CallOptions, ObjectFacts, ObjectStore } from "../object-store/object-store.ts";
import { anchorEntry, type LogEntry, logEntry, type WriterHead } from "./entry.ts";
import { headOfKey, isSegmentKey, LOG_PREFIX } from "./keys.ts";
import type { LocalHeads } from "./local-heads.ts";

const hash = createChainHash(undefined);
const AT_ONCE = 8;

export interface LogQuery extends CallOptions {
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: LogEntry["outcome"] | undefined;
  /** A record that it was done to. */
  readonly id?: string | undefined;
  /** 100 where left out. */
  readonly limit?: number | undefined;
}

export interface LoggedDeed extends LogEntry {
  readonly time: string;
  readonly writer: string;
  readonly seq: number;
}

/** The newest first. Reads only objects that were written since. */
export async function searchLog(store: ObjectStore, query: LogQuery): Promise<LoggedDeed[]> {
  const { since = 0, limit = 100, signal } = query;
  const found: LoggedDeed[] = [];
  const wanted = (await listSegments(store, { signal })).filter(
    ({ modified }) => modified >= since,
  );
  await inParallel(wanted, AT_ONCE, async ({ key }) => {
    const { writer } = headOfKey(key);
    for (const line of await readLines(store, key, { signal })) {
      const entry = readChainLine(line, hash);
      const deed = entry && toDeed(entry, writer);
      if (deed && fits(deed, query)) found.push(deed);
    }
  });
  return found
    .toSorted((a, b) => (a.time === b.time ? b.seq - a.seq : a.time < b.time ? 1 : -1))
    .slice(0, limit);
}

function toDeed({ seq, time, entry }: ChainEntry, writer: string): LoggedDeed | undefined {
  const parsed = logEntry.safeParse(entry);
  return parsed.success ? { time, writer, seq, ...parsed.data } : undefined;
}

function fits(deed: LoggedDeed, { since = 0, principal, action, outcome, id }: LogQuery): boolean {
  return (
    Date.parse(deed.time) >= since &&
    (principal === undefined || deed.principal === principal) &&
    (action === undefined || deed.action === action) &&
    (outcome === undefined || deed.outcome === outcome) &&
    (id === undefined || deed.ids?.includes(id) === true)
  );
}

export interface LogFault {
  readonly writer: string;
  /** The first entry that is not as it was written. */
  readonly seq: number;
  readonly what: string;
}

export interface LogVerdict {
  readonly chains: number;
  readonly entries: number;
  readonly faults: readonly LogFault[];
  /** Kept elsewhere, they prove later that nothing before them was taken away. */
  readonly heads: readonly WriterHead[];
}

/** Reads the whole log: every chain by itself, against what the others saw of it and what this machine wrote. */
export async function verifyLog(
  store: ObjectStore,
  local: LocalHeads,
  { heads: given = [], signal }: CallOptions & { readonly heads?: readonly WriterHead[] } = {},
): Promise<LogVerdict> {
  const faults: LogFault[] = [];
  const segments = await listSegments(store, { signal }, (key) =>
    faults.push({ writer: key, seq: 0, what: "is no object of the audit log" }),
  );
  const byWriter = Map.groupBy(segments, ({ key }) => headOfKey(key).writer);
  const chains = new Map<string, Chain>();
  await inParallel(byWriter, AT_ONCE, async ([writer, own]) => {
    const chain = await readChain(store, writer, own, { signal });
    chains.set(writer, chain);
    if (chain.fault) faults.push(chain.fault);
  });
  const seen = [...chains.values()].flatMap(({ anchors }) => anchors);
  for (const head of [...seen, ...(await local.all()), ...given]) {
    const fault = faultOf(chains.get(head.writer), head);
    if (fault && !faults.some(({ writer }) => writer === head.writer)) faults.push(fault);
  }
  const all = [...chains.values()];
  return {
    chains: all.length,
    entries: all.reduce((sum, { hashes }) => sum + hashes.length, 0),
    faults,
    heads: all.flatMap(({ hashes, writer }) => {
      const last = hashes.at(-1);
      return last === undefined ? [] : [{ writer, seq: hashes.length, hash: last }];
    }),
  };
}

interface Chain {
  readonly writer: string;
  /** Of each entry, in order. */
  readonly hashes: string[];
  readonly anchors: WriterHead[];
  fault: LogFault | undefined;
}

async function readChain(
  store: ObjectStore,
  writer: string,
  segments: readonly ObjectFacts[],
  call: CallOptions,
): Promise<Chain> {
  const chain: Chain = { writer, hashes: [], anchors: [], fault: undefined };
  for (const { key } of segments) {
    const before = chain.hashes.length;
    for (const line of await readLines(store, key, call)) {
      const entry = readChainLine(line, hash);
      const seq = chain.hashes.length + 1;
      const follows = entry?.seq === seq && entry.previous === (chain.hashes.at(-1) ?? GENESIS);
      if (!entry || !follows) {
        const what = entry ? "is missing or not in its place" : "does not fit its hash";
        chain.fault = { writer, seq, what: `entry ${seq} ${what}` };
        return chain;
      }
      chain.hashes.push(entry.hash);
      const anchored = anchorEntry.safeParse(entry.entry);
      if (anchored.success) chain.anchors.push(...anchored.data.anchors);
    }
    const named = headOfKey(key);
    if (named.seq === chain.hashes.length && named.hash === chain.hashes.at(-1)) continue;
    chain.fault = { writer, seq: before + 1, what: `${key} does not hold what its name tells` };
    return chain;
  }
  return chain;
}

function faultOf(chain: Chain | undefined, { writer, seq, hash: seen }: WriterHead) {
  if (chain?.hashes[seq - 1] === seen) return undefined;
  const there = chain?.hashes.length ?? 0;
  const what =
    there < seq
      ? `${there === 0 ? "the whole chain" : `entries ${there + 1} to ${seq}`} of it were taken away`
      : `entry ${seq} is not the one that others saw`;
  return { writer, seq: Math.min(there + 1, seq), what };
}

async function listSegments(
  store: ObjectStore,
  call: CallOptions,
  onStrange?: (key: string) => void,
): Promise<ObjectFacts[]> {
  const found: ObjectFacts[] = [];
  for await (const facts of eachObject(store, LOG_PREFIX, call)) {
    if (isSegmentKey(facts.key)) found.push(facts);
    else onStrange?.(facts.key);
  }
  return found;
}

async function readLines(store: ObjectStore, key: string, call: CallOptions): Promise<string[]> {
  const found = await store.get(key, call);
  if (found === undefined) return [];
  return Buffer.from(found.body).toString("utf8").split("\n").slice(0, -1);
}
