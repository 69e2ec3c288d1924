import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import { addOutcome, EMPTY_TALLY, type Tally } from "../learning/tally.ts";
import type { Fold, LedgerLine } from "../ledger/fold.ts";
import { timeOfId } from "../records/ids.ts";
import type { Outcome } from "../records/outcome.ts";

/** What happened to each diagnosis after it was stored. */
export interface Tallies extends Fold {
  of(diagnosisId: string): DiagnosisTally;
  /** Each on its own, in no order. */
  happenings(diagnosisId: string): Iterable<Happening>;
  /** Diagnoses whose outcomes changed since this was last called. */
  takeChanged(): string[];
  /** Has it named again by the next `takeChanged`. */
  keepChanged(diagnosisId: string): void;
}

export interface DiagnosisTally {
  readonly tally: Tally;
  /** How often its error was met again. */
  readonly seen: number;
  /** Milliseconds since 1970; 0 where it was not. */
  readonly lastSeen: number;
}

const NOTHING: DiagnosisTally = { tally: EMPTY_TALLY, seen: 0, lastSeen: 0 };

export interface Happening {
  /** What came of a fix; undefined where the error was met again. */
  readonly worked: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the ledger keeps of an outcome. Its id there names the diagnosis too, as its key does. */
export function toOutcomeLine(outcome: Outcome): LedgerLine {
  const { id, diagnosisId, timestamp, worked } = outcome;
  const at = Date.parse(timestamp) || timeOfId(id) || 0;
  const entry: JsonObject = worked === undefined ? {} : { worked };
  return { kind: "put", id: `${diagnosisId}/${id}`, version: 1, at, entry };
}

/** An outcome is over with its diagnosis. */
export function toOutcomeEnd(diagnosisId: string, id: string, at: number): LedgerLine {
  return { kind: "gone", id: `${diagnosisId}/${id}`, version: 1, at };
}

/** An outcome never changes, so that its id says all about which lines were counted already. */
export function createTallies(): Tallies {
  const happened = new Map<string, Map<string, Happening>>();
  const sums = new Map<string, DiagnosisTally>();
  const changed = new Set<string>();

  function sumUp(diagnosisId: string): void {
    const list = happened.get(diagnosisId);
    if (list === undefined || list.size === 0) sums.delete(diagnosisId);
    else sums.set(diagnosisId, [...list.values()].reduce(plus, NOTHING));
    changed.add(diagnosisId);
  }

  function add(diagnosisId: string, id: string, happening: Happening): void {
    const list = happened.get(diagnosisId) ?? new Map<string, Happening>();
    const isNew = !list.has(id);
    list.set(id, happening);
    happened.set(diagnosisId, list);
    // In any order the sum is the same, so that most of the time one is added to it.
    if (!isNew) sumUp(diagnosisId);
    else sums.set(diagnosisId, plus(sums.get(diagnosisId) ?? NOTHING, happening));
    changed.add(diagnosisId);
  }

  function apply(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      const [diagnosisId = "", id = ""] = line.id.split("/");
      if (line.kind === "gone") {
        if (happened.get(diagnosisId)?.delete(id)) sumUp(diagnosisId);
        continue;
      }
      const worked = isJsonObject(line.entry) ? line.entry.worked : undefined;
      const how = typeof worked === "boolean" ? worked : undefined;
      add(diagnosisId, id, { worked: how, at: line.at });
    }
  }

  function reset(): void {
    happened.clear();
    sums.clear();
    changed.clear();
  }

  function load(snapshot: Uint8Array): void {
    const value = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(snapshot));
    if (!isJsonObject(value) || value.format !== FORMAT || !isJsonObject(value.outcomes))
      throw new Error("These are no tallies.");
    reset();
    for (const [diagnosisId, list] of Object.entries(value.outcomes))
      for (const [id, at, worked] of list as unknown as Packed[])
        add(diagnosisId, id, { at, worked: worked === undefined ? undefined : worked === 1 });
    changed.clear();
  }

  return {
    apply,
    reset,
    load,
    snapshot: async () => new TextEncoder().encode(JSON.stringify(pack(happened))),
    of: (diagnosisId) => sums.get(diagnosisId) ?? NOTHING,
    happenings: (diagnosisId) => happened.get(diagnosisId)?.values() ?? [],
    keepChanged: (diagnosisId) => void changed.add(diagnosisId),
    takeChanged() {
      const ids = [...changed];
      changed.clear();
      return ids;
    },
  };
}

const FORMAT = 1;
type Packed = [id: string, at: number, worked?: 0 | 1];

function pack(happened: ReadonlyMap<string, ReadonlyMap<string, Happening>>) {
  const outcomes = [...happened].map(([diagnosisId, list]) => [
    diagnosisId,
    [...list].map(([id, { at, worked }]) =>
      worked === undefined ? [id, at] : [id, at, worked ? 1 : 0],
    ),
  ]);
  return { format: FORMAT, outcomes: Object.fromEntries(outcomes) };
}

function plus(
  { tally, seen, lastSeen }: DiagnosisTally,
  { worked, at }: Happening,
): DiagnosisTally {
  if (worked === undefined) return { tally, seen: seen + 1, lastSeen: Math.max(lastSeen, at) };
  return { tally: addOutcome(tally, worked, at), seen, lastSeen };
}
