import type { JsonObject } from "@trestle/protocol";
import { confidenceOf, type FixConfidence, type FixFacts, oddsOf } from "../learning/confidence.ts";
import type { RecordFacts } from "../records/record-facts.ts";
import type { FoundRecord } from "../search/found-record.ts";
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
  /** The record that it is linked to. */
  readonly duplicateOf: string | undefined;
  /** Is never linked to another. */
  readonly separate: boolean;
}

const PREVIEW = 160;
const MOST_FACTS = 30;

export function toFact(key: string, value: string): string {
  return `${key}\0${value}`;
}

/** The row in a record of the index. */
export function toRow(record: FoundRecord): Row {
  return new IndexedRow(record);
}

/** Read when it is asked for: very many rows are looked at of which little is needed. */
class IndexedRow implements Row {
  readonly #record: FoundRecord;
  #data: JsonObject | undefined;

  constructor(record: FoundRecord) {
    this.#record = record;
  }

  get id(): string {
    return this.#record.id;
  }

  get name(): string {
    return this.#record.preview.name;
  }

  get message(): string {
    return beginning(this.#record.preview.message);
  }

  get fix(): string | undefined {
    const { fix } = this.#record.preview;
    return fix === "" ? undefined : beginning(fix);
  }

  get context(): string | undefined {
    return this.#record.context;
  }

  get severity(): string | undefined {
    return this.#record.severity;
  }

  get fingerprint(): string | undefined {
    return this.#record.fingerprint;
  }

  get stated(): number | undefined {
    return this.#record.confidence;
  }

  get softwareVersion(): string | undefined {
    const { softwareVersion } = this.#own;
    return typeof softwareVersion === "string" ? softwareVersion : undefined;
  }

  get facts(): readonly string[] {
    return Object.entries(this.#record.metadata)
      .filter(([key]) => key !== HAS_FIX)
      .slice(0, MOST_FACTS)
      .map(([key, value]) => toFact(key, value));
  }

  get at(): number {
    return this.#record.timestamp;
  }

  get changedAt(): number {
    const { changedAt } = this.#own;
    return typeof changedAt === "number" ? changedAt : this.at;
  }

  get duplicateOf(): string | undefined {
    const { duplicateOf } = this.#own;
    return typeof duplicateOf === "string" ? duplicateOf : undefined;
  }

  get separate(): boolean {
    return this.#own.separate === true;
  }

  get #own(): JsonObject {
    this.#data ??= this.#record.data;
    return this.#data;
  }
}

function beginning(text: string): string {
  return text.length > PREVIEW ? `${text.slice(0, PREVIEW - 1)}…` : text;
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

export function rowFacts({ id, context, severity, facts }: Row): RecordFacts {
  const pairs = facts.map((fact) => [
    fact.slice(0, fact.indexOf("\0")),
    fact.slice(fact.indexOf("\0") + 1),
  ]);
  return { kind: "diagnosis", id, context, severity, metadata: Object.fromEntries(pairs) };
}

/** The odds that the fix works, by all that is known now. */
export function confidenceOfRow(
  { tallies, clock }: Pick<Parts, "tallies" | "clock">,
  row: Row,
  wantedVersion?: string | undefined,
): FixConfidence {
  return confidenceOf(fixFacts(tallies, row, wantedVersion), clock.now());
}

/** The same as a number, 0 to 1, for the many that are compared and not shown. */
export function oddsOfRow(
  { tallies, clock }: Pick<Parts, "tallies" | "clock">,
  row: Row,
  wantedVersion?: string | undefined,
): number {
  return oddsOf(fixFacts(tallies, row, wantedVersion), clock.now()).value;
}

function fixFacts(
  tallies: Parts["tallies"],
  { id, stated, changedAt, softwareVersion }: Row,
  wantedVersion: string | undefined,
): FixFacts {
  const { tally } = tallies.of(id);
  return { stated, tally, writtenAt: changedAt, softwareVersion, wantedVersion };
}
