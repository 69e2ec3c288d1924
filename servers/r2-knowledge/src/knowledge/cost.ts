import type { RequestCounts } from "./counting-store.ts";

/** What R2 asks, in US dollars, and what of it is free each month. */
const R2_PRICES = {
  perMillionClassA: 4.5,
  perMillionClassB: 0.36,
  perGigabyteMonth: 0.015,
  free: { classA: 1_000_000, classB: 10_000_000, gigabytes: 10 },
} as const;

export interface StoredBytes {
  readonly objects: number;
  readonly bytes: number;
}

export interface CostFacts {
  readonly requests: RequestCounts;
  /** How long those requests took to come about. */
  readonly periodMs: number;
  readonly stored: StoredBytes;
  readonly stores: number;
  readonly searches: number;
  /** Objects of the indexes that a reader has to look at. */
  readonly indexObjects: number;
  readonly isBucket: boolean;
}

export interface CostLine {
  readonly amount: number;
  /** Dollars, before what is free. */
  readonly dollars: number;
}

export interface CostReport {
  readonly requests: RequestCounts;
  readonly period: { readonly classA: CostLine; readonly classB: CostLine };
  /** A month of 30 days at the pace of the period. */
  readonly month: {
    readonly classA: CostLine;
    readonly classB: CostLine;
    readonly storage: CostLine;
    /** After what is free, if nothing else of the account uses it. */
    readonly dollars: number;
  };
  readonly perThousand: { readonly stores: number | null; readonly searches: number | null };
  readonly recommendations: readonly string[];
}

const MONTH_MS = 30 * 86_400_000;
const GIGABYTE = 1e9;
/** Below an hour, a pace says nothing of a month. */
const LEAST_PERIOD_MS = 3_600_000;

/** What the requests and the bytes cost, and what would make it less. */
export function costReport(facts: CostFacts): CostReport {
  const { requests, periodMs, stored, stores, searches } = facts;
  const pace = MONTH_MS / Math.max(periodMs, LEAST_PERIOD_MS);
  const monthA = requests.classA * pace;
  const monthB = requests.classB * pace;
  const gigabytes = stored.bytes / GIGABYTE;
  const dollars = requestDollars(requests.classA, requests.classB);
  const { free } = R2_PRICES;
  return {
    requests,
    period: { classA: lineA(requests.classA), classB: lineB(requests.classB) },
    month: {
      classA: lineA(monthA),
      classB: lineB(monthB),
      storage: { amount: gigabytes, dollars: gigabytes * R2_PRICES.perGigabyteMonth },
      dollars:
        requestDollars(Math.max(0, monthA - free.classA), Math.max(0, monthB - free.classB)) +
        Math.max(0, gigabytes - free.gigabytes) * R2_PRICES.perGigabyteMonth,
    },
    perThousand: {
      stores: stores === 0 ? null : (dollars / stores) * 1_000,
      searches: searches === 0 ? null : (dollars / searches) * 1_000,
    },
    recommendations: recommend(facts, { monthA, monthB, gigabytes }),
  };
}

const lineA = (amount: number): CostLine => ({ amount, dollars: requestDollars(amount, 0) });
const lineB = (amount: number): CostLine => ({ amount, dollars: requestDollars(0, amount) });

function requestDollars(classA: number, classB: number): number {
  return (classA / 1e6) * R2_PRICES.perMillionClassA + (classB / 1e6) * R2_PRICES.perMillionClassB;
}

interface Month {
  readonly monthA: number;
  readonly monthB: number;
  readonly gigabytes: number;
}

function recommend(facts: CostFacts, { monthA, monthB, gigabytes }: Month): string[] {
  const { free } = R2_PRICES;
  const { stores, requests, indexObjects, isBucket } = facts;
  const advice: string[] = [];
  if (!isBucket)
    advice.push(
      "This is a folder: it costs nothing but its disk. The figures are what R2 would ask.",
    );
  if (indexObjects > 200)
    advice.push(
      `The indexes are in ${indexObjects} objects that every start reads: run trestle-knowledge index compact.`,
    );
  if (stores >= 100 && requests.classA / stores > 3)
    advice.push(
      `${(requests.classA / stores).toFixed(1)} writes and lists went into each diagnosis: store many at once with store_diagnoses, which share one line of the index.`,
    );
  if (monthA > free.classA)
    advice.push(
      "Writes and lists go beyond the free million: searches list the index, so a larger KNOWLEDGE_REFRESH_MS saves the most.",
    );
  if (monthB > free.classB)
    advice.push(
      "Reads go beyond the free ten million: keep one server running instead of starting one for each question.",
    );
  if (gigabytes > free.gigabytes)
    advice.push("Stored data go beyond the free 10 GB: export what is old, and delete it.");
  if (advice.length === 0)
    advice.push("At this pace everything stays within what R2 gives for free.");
  return advice;
}
