import { isJsonObject } from "@trestle/protocol";
import { confidenceOf, type FixConfidence } from "../learning/confidence.ts";
import type { LedgerLine } from "../ledger/fold.ts";
import { toEntry } from "../search/entry.ts";
import { HAS_FIX } from "./entry.ts";
import type { Summary } from "./knowledge-store.ts";
import type { Parts } from "./parts.ts";

/** What the index knows of a diagnosis, without its object. */
export interface Row {
  readonly id: string;
  readonly name: string;
  /** The beginnings of longer texts. */
  readonly message: string;
  readonly fix: string | undefined;
  readonly context: string | undefined;
  readonly severity: string | undefined;
  readonly fingerprint: string | undefined;
  /** The author's own, 0 to 1. */
  readonly stated: number | undefined;
  readonly softwareVersion: string | undefined;
  /** Metadata, as `toFact` writes it. */
  readonly facts: readonly string[];
  /** When it was stored, and when it was last changed: milliseconds since 1970. */
  readonly at: number;
  readonly changedAt: number;
}

const PREVIEW = 160;
const MOST_FACTS = 30;

export function toFact(key: string, value: string): string {
  return `${key}\0${value}`;
}

/** The row in a line of the index. `same` gives one text for all that are equal: very many are. */
export function toRow(
  { id, at, entry }: Extract<LedgerLine, { kind: "put" }>,
  same: (text: string) => string,
): Row {
  const found = toEntry(entry, at);
  const data = isJsonObject(found.data) ? found.data : {};
  const shared = (text: string | undefined) => (text === undefined ? undefined : same(text));
  const { softwareVersion, changedAt } = data;
  return {
    id,
    name: same(found.name ?? ""),
    message: preview(found.message ?? ""),
    fix: found.fix === undefined ? undefined : preview(found.fix),
    context: shared(found.context),
    severity: shared(found.severity),
    fingerprint: shared(found.fingerprint),
    stated: found.confidence,
    softwareVersion: typeof softwareVersion === "string" ? same(softwareVersion) : undefined,
    facts: Object.entries(found.metadata ?? {})
      .filter(([key]) => key !== HAS_FIX)
      .slice(0, MOST_FACTS)
      .map(([key, value]) => same(toFact(key, value))),
    at: found.timestamp,
    changedAt: typeof changedAt === "number" ? changedAt : found.timestamp,
  };
}

/** A part of a text keeps all of it in memory: a copy does not. */
function preview(text: string): string {
  const cut = text.length > PREVIEW ? `${text.slice(0, PREVIEW - 1)}…` : text;
  return Buffer.from(cut).toString();
}

export function toSummary(
  parts: Pick<Parts, "tallies" | "clock">,
  row: Row,
  wantedVersion?: string | undefined,
): Summary {
  const { id, name, message, fix, context, severity, at } = row;
  const confidence = confidenceOfRow(parts, row, wantedVersion);
  return { id, name, message, fix, context, severity, at, confidence };
}

/** The odds that the fix works, by all that is known now. */
export function confidenceOfRow(
  { tallies, clock }: Pick<Parts, "tallies" | "clock">,
  { id, stated, changedAt, softwareVersion }: Row,
  wantedVersion?: string | undefined,
): FixConfidence {
  const { tally } = tallies.of(id);
  const facts = { stated, tally, writtenAt: changedAt, softwareVersion, wantedVersion };
  return confidenceOf(facts, clock.now());
}
