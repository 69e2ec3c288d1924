import {
  type ChainEntry,
  createChainHash,
  GENESIS,
  readChain,
  readChainLine,
} from "@trestle/access";
import { cutOf } from "./audit-rows.ts";
import type { Query } from "./connection.ts";
import { SCHEMA } from "./migrations.ts";

/** How the copy of one home's audit log stands. */
export type CopyVerdict = { readonly home: string; readonly name: string } & (
  | {
      readonly ok: true;
      readonly entries: number;
      /** `NUMBER:HASH` of the last copied entry. */
      readonly head: string;
      /** Of this home's own log: entries that are not copied yet. */
      readonly behind?: number;
    }
  | {
      readonly ok: false;
      /** The first entry that is not as it was written. */
      readonly seq: number;
      readonly reason: "changed" | "removed" | "doubled" | "differs";
      readonly explanation: string;
    }
);

export interface VerifyParts {
  readonly query: Query;
  /** This home, whose own log the copy is compared with. */
  readonly own?: { readonly home: string; readonly folder: string } | undefined;
}

/** Goes through the copy of every home, and says of each where it is not as it was written first. */
export async function verifyCopies({ query, own }: VerifyParts): Promise<CopyVerdict[]> {
  const homes = await query<{ id: string; name: string }>(
    `SELECT id, name FROM ${SCHEMA}.home UNION
      SELECT DISTINCT entry.home, '?' FROM ${SCHEMA}.audit_entry AS entry
      WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.home WHERE id = entry.home) ORDER BY 1`,
  );
  const verdicts: CopyVerdict[] = [];
  for (const { id, name } of homes) {
    const folder = id === own?.home ? own.folder : undefined;
    verdicts.push({ home: id, name, ...(await verifyCopy(query, id, folder)) } as CopyVerdict);
  }
  return verdicts;
}

type Verdict = CopyVerdict extends infer Each ? Omit<Each, "home" | "name"> : never;

async function verifyCopy(query: Query, home: string, folder?: string): Promise<Verdict> {
  const [cut = { seq: 0, hash: GENESIS }] = await cutOf(query, home);
  let head = cut;
  let entries = 0;
  const local = folder === undefined ? undefined : readChain({ folder, sinceSeq: cut.seq });
  const hash = createChainHash(undefined);
  for await (const { seq, line } of linesOf(query, home)) {
    const entry = readChainLine(line, hash);
    const fault = faultOf({ seq, entry, head });
    if (fault) return fault;
    const mine = local && (await local.next());
    if (entry && mine && mine.value?.hash !== entry.hash) return differs(seq, mine.done === true);
    head = { seq, hash: entry?.hash ?? "" };
    entries += 1;
  }
  const behind = local && (await countRest(local));
  const found = { ok: true as const, entries, head: `${head.seq}:${head.hash}` };
  return (behind === undefined ? found : { ...found, behind }) as Verdict;
}

const PAGE = 1_000;

async function* linesOf(
  query: Query,
  home: string,
): AsyncGenerator<{ readonly seq: number; readonly line: string }> {
  let after: { readonly seq: number; readonly hash: string } | undefined = { seq: 0, hash: "" };
  while (after) {
    const rows: { seq: number; hash: string; line: string }[] = await query(
      `SELECT seq::float8 AS seq, hash, line FROM ${SCHEMA}.audit_entry
        WHERE home = $1 AND (seq, hash) > ($2, $3) ORDER BY seq, hash LIMIT ${PAGE}`,
      [home, after.seq, after.hash],
    );
    yield* rows;
    after = rows.length === PAGE ? rows.at(-1) : undefined;
  }
}

interface Step {
  readonly seq: number;
  readonly entry: ChainEntry | undefined;
  readonly head: { readonly seq: number; readonly hash: string };
}

function faultOf({ seq, entry, head }: Step): Verdict | undefined {
  if (seq === head.seq) {
    return broken(
      seq,
      "doubled",
      `There are two entries ${seq}: the home went on from an older copy of itself, or somebody wrote one`,
    );
  }
  if (seq !== head.seq + 1) {
    return broken(head.seq + 1, "removed", `Entry ${head.seq + 1} is missing`);
  }
  if (entry?.seq !== seq) {
    return broken(seq, "changed", `The line of entry ${seq} does not fit its hash`);
  }
  if (entry.previous !== head.hash) {
    return broken(seq, "changed", `Entry ${seq} does not follow the one before it`);
  }
  return undefined;
}

function differs(seq: number, isMissing: boolean): Verdict {
  const what = isMissing
    ? `Entry ${seq} stands in the copy, and this home's log ends before it`
    : `Entry ${seq} of the copy is not the one in this home's log`;
  return broken(seq, "differs", what);
}

function broken(
  seq: number,
  reason: "changed" | "removed" | "doubled" | "differs",
  what: string,
): Verdict {
  const explanation = `${what}. Keep both as evidence, and compare them with a backup.`;
  return { ok: false, seq, reason, explanation } as Verdict;
}

async function countRest(entries: AsyncGenerator<ChainEntry>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}
