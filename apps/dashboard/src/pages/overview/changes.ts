import type { MetricRow } from "../../api/generated.ts";
import { count, duration } from "../../lib/format.ts";

/** Something that is otherwise than it was the day before. */
export interface Change {
  readonly key: string;
  readonly tone: "bad" | "warn" | "ok" | "info";
  /** Server and tool. */
  readonly about: string;
  readonly text: string;
  /** The more, the sooner it should be looked at. */
  readonly weight: number;
}

/** Below that, a share or a mean is chance. */
const ENOUGH_CALLS = 10;
const SLOWER = 1.5;
const LEAST_SLOWER_MS = 50;
const MORE_FAILURES = 0.05;

/** What changed of each tool from one day to the next, the worst first. */
export function changesBetween(
  yesterday: readonly MetricRow[],
  today: readonly MetricRow[],
): readonly Change[] {
  const before = new Map(yesterday.map((row) => [keyOf(row), row]));
  const changes = today.flatMap((row) => changesOf(row, before.get(keyOf(row))));
  return changes.sort((a, b) => b.weight - a.weight);
}

function changesOf(row: MetricRow, before: MetricRow | undefined): Change[] {
  if (before === undefined) return firstUse(row);
  return [...failures(row, before), ...speed(row, before)];
}

function firstUse(row: MetricRow): Change[] {
  const failed = row.calls - (row.successes ?? row.calls);
  const used = `first called today, ${timesOf(row.calls)}`;
  const facts = { key: `new ${keyOf(row)}`, about: keyOf(row) };
  if (failed === 0) return [{ ...facts, tone: "info", weight: 1, text: used }];
  return [{ ...facts, tone: "warn", weight: 3, text: `${used}; ${failedOf(failed, row.calls)}` }];
}

function failures(row: MetricRow, before: MetricRow): Change[] {
  if (row.calls < ENOUGH_CALLS) return [];
  const [now, then] = [failedShare(row), failedShare(before)];
  const facts = { key: `failures ${keyOf(row)}`, about: keyOf(row) };
  const text = `${wholePercent(then)} of its calls failed, and now ${wholePercent(now)}`;
  if (now - then > MORE_FAILURES) return [{ ...facts, tone: "bad", weight: 5 + now, text }];
  if (then - now > MORE_FAILURES) return [{ ...facts, tone: "ok", weight: 2, text }];
  return [];
}

function speed(row: MetricRow, before: MetricRow): Change[] {
  const [now, then] = [row.p95_ms, before.p95_ms];
  if (now === undefined || then === undefined || row.calls < ENOUGH_CALLS) return [];
  const facts = { key: `speed ${keyOf(row)}`, about: keyOf(row) };
  const text = `95 of 100 calls took up to ${duration(then)}, and now ${duration(now)}`;
  if (now > then * SLOWER && now - then > LEAST_SLOWER_MS) {
    return [{ ...facts, tone: "warn", weight: 4, text }];
  }
  if (then > now * SLOWER && then - now > LEAST_SLOWER_MS) {
    return [{ ...facts, tone: "ok", weight: 1, text }];
  }
  return [];
}

function keyOf({ server = "", tool = "" }: MetricRow): string {
  return `${server}.${tool}`;
}

function failedShare({ calls, successes = calls }: MetricRow): number {
  return calls === 0 ? 0 : (calls - successes) / calls;
}

function wholePercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function failedOf(failed: number, calls: number): string {
  if (failed < calls) return `${count(failed)} failed`;
  return calls === 1 ? "it failed" : "all failed";
}

function timesOf(calls: number): string {
  return calls === 1 ? "once" : `${count(calls)} times`;
}
