import type { JsonObject } from "@trestle/protocol";
import { type Cell, newCell } from "./cell.ts";
import { packDurations, unpackInto } from "./durations.ts";
import type { MetricGroup } from "./query.ts";

/** Groups as one bridge hands them to another. */
export function packGroups(groups: readonly MetricGroup[]): JsonObject[] {
  return groups.map(({ cell: { durations, errors, minMs, ...counts }, ...key }) => ({
    ...key,
    ...counts,
    ...(counts.calls > 0 && { minMs }),
    ...(errors && { errors: [...errors] }),
    durations: Buffer.from(packDurations(durations)).toString("base64"),
  }));
}

/** Of what `packGroups` packed. */
export function unpackGroups(packed: readonly JsonObject[]): MetricGroup[] {
  return packed.map(({ start, server, tool, principal, durations, errors, ...counts }) => {
    const cell: Cell = { ...newCell(), ...(counts as Partial<Cell>) };
    unpackInto(cell.durations, Buffer.from(String(durations), "base64"));
    if (Array.isArray(errors)) cell.errors = new Map(errors as [string, number][]);
    return {
      ...(typeof start === "number" && { start }),
      ...(typeof server === "string" && { server }),
      ...(typeof tool === "string" && { tool }),
      ...(typeof principal === "string" && { principal }),
      cell,
    };
  });
}
