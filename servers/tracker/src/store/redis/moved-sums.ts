import {
  DAY_MS,
  type EditSum,
  type ErrorSum,
  floorTo,
  type RunSum,
  TOKENS,
  type UsageRow,
} from "../commit/sums.ts";
import type { MovedKind } from "../transfer.ts";
import type { Command, Connection } from "./connection.ts";
import type { FactKind, Keys } from "./keys.ts";
import { readFields } from "./reads.ts";
import { entriesOf } from "./sums.ts";

type SumKind = Extract<MovedKind, `${string}-sum`>;
type Row = ErrorSum | RunSum | EditSum | UsageRow;

const COUNTED: Readonly<Record<SumKind, FactKind | "usage">> = {
  "error-sum": "errors",
  "run-sum": "runs",
  "edit-sum": "edits",
  "usage-sum": "usage",
};

export function isSumKind(kind: MovedKind): kind is SumKind {
  return Object.hasOwn(COUNTED, kind);
}

export function sumDays(redis: Connection, keys: Keys, kind: SumKind): Promise<string[]> {
  return redis.ask<string[]>("ZRANGE", keys.sumDays(COUNTED[kind]), 0, -1);
}

/** The sums of a day, as rows: of a run and of usage each counter is a field of its own here. */
export async function readDaySums(
  redis: Connection,
  keys: Keys,
  kind: SumKind,
  day: number,
): Promise<Row[]> {
  const hash = await redis.ask<unknown>("HGETALL", keys.sums(COUNTED[kind], day));
  const rows = new Map<string, Record<string, unknown>>();
  for (const [field, counted] of entriesOf(hash)) {
    const { key, row, name } = toRow(kind, JSON.parse(field) as (string | number | boolean)[], day);
    const found = rows.get(key) ?? row;
    found[name] = Number(found[name]) + Number(counted);
    if (row.test === true) found.test = true;
    rows.set(key, found);
  }
  const all = [...rows.values()] as unknown as Row[];
  return all.filter((row) => !("responses" in row) || row.responses > 0);
}

function toRow(kind: SumKind, field: readonly (string | number | boolean)[], day: number) {
  const [one, two, three, four, five] = field;
  switch (kind) {
    case "error-sum":
      return {
        key: JSON.stringify(field),
        row: { span: three, project: two, group: one, count: 0 } as Record<string, unknown>,
        name: "count",
      };
    case "run-sum":
      return {
        key: JSON.stringify([one, two]),
        row: { day, project: two, command: one, test: three, ok: 0, failed: 0 },
        name: String(four),
      };
    case "edit-sum":
      return {
        key: JSON.stringify(field),
        row: { day, project: two, path: one, count: 0 },
        name: "count",
      };
    case "usage-sum": {
      const none = Object.fromEntries(["responses", ...TOKENS].map((name) => [name, 0]));
      return {
        key: JSON.stringify([one, two, three, four]),
        row: { hour: one, sessionId: two, project: three, model: four, ...none },
        name: String(five),
      };
    }
  }
}

/** Sums that came with the records are part of those that are told: the greater one has counted more. */
export async function takeSums(
  redis: Connection,
  keys: Keys,
  kind: SumKind,
  all: readonly unknown[],
): Promise<Command[]> {
  const of = COUNTED[kind];
  const counters = (all as Row[]).flatMap((row) => toCounters(kind, row));
  const commands: Command[] = [];
  for (const [day, own] of Map.groupBy(counters, ({ at }) => floorTo(at, DAY_MS))) {
    const known = await readFields<number>(
      redis,
      keys.sums(of, day),
      own.map(({ field }) => field),
    );
    const greater = own.filter(({ field, count }) => count > (known.get(field) ?? 0));
    if (greater.length === 0) continue;
    commands.push(
      ["HSET", keys.sums(of, day), ...greater.flatMap(({ field, count }) => [field, count])],
      ["ZADD", keys.sumDays(of), day, day],
    );
  }
  return commands;
}

interface Counter {
  readonly at: number;
  readonly field: string;
  readonly count: number;
}

function toCounters(kind: SumKind, row: Row): Counter[] {
  const counter = (at: number, field: readonly unknown[], count: number): Counter => ({
    ...{ at, count },
    field: JSON.stringify(field),
  });
  switch (kind) {
    case "error-sum": {
      const { group, project, span, count } = row as ErrorSum;
      return [counter(span, [group, project, span], count)];
    }
    case "run-sum": {
      const { command, project, day, test, ok, failed } = row as RunSum;
      return [
        counter(day, [command, project, test, "ok"], ok),
        counter(day, [command, project, test, "failed"], failed),
      ];
    }
    case "edit-sum": {
      const { path, project, day, count } = row as EditSum;
      return [counter(day, [path, project], count)];
    }
    case "usage-sum": {
      const usage = row as UsageRow;
      const { hour, sessionId, project, model } = usage;
      return (["responses", ...TOKENS] as const).map((name) =>
        counter(hour, [hour, sessionId, project, model, name], usage[name]),
      );
    }
  }
}
