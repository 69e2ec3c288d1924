import type { SqlStatement } from "@trestle/store";
import type { EditSum, ErrorSum, RunSum, UsageRow } from "../commit/sums.ts";

/** Sums that came with the records are part of those that are told: the greater one has counted more. */
export function takeSums(
  kind: "error-sum" | "run-sum" | "edit-sum" | "usage-sum",
  all: readonly unknown[],
): SqlStatement {
  switch (kind) {
    case "error-sum":
      return {
        sql: `INSERT INTO error_sum VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
          SET count = max(count, excluded.count)`,
        each: (all as ErrorSum[]).map(({ span, project, group, count }) => [
          ...[span, project, group, count],
        ]),
      };
    case "run-sum":
      return {
        sql: `INSERT INTO run_sum VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
          SET test = max(test, excluded.test), ok = max(ok, excluded.ok), failed = max(failed, excluded.failed)`,
        each: (all as RunSum[]).map(({ day, project, command, test, ok, failed }) => [
          ...[day, project, command, test ? 1 : 0, ok, failed],
        ]),
      };
    case "edit-sum":
      return {
        sql: `INSERT INTO edit_sum VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
          SET count = max(count, excluded.count)`,
        each: (all as EditSum[]).map(({ day, project, path, count }) => [
          ...[day, project, path, count],
        ]),
      };
    case "usage-sum":
      return {
        sql: `INSERT INTO usage_sum VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
          responses = max(responses, excluded.responses), input = max(input, excluded.input),
          output = max(output, excluded.output), cache_read = max(cache_read, excluded.cache_read),
          cache_write = max(cache_write, excluded.cache_write),
          cache_write_hour = max(cache_write_hour, excluded.cache_write_hour)`,
        each: (all as UsageRow[]).map((row) => [
          ...[row.hour, row.sessionId, row.project, row.model, row.responses],
          ...[row.inputTokens, row.outputTokens, row.cacheReadTokens],
          ...[row.cacheWriteTokens, row.cacheWriteHourTokens],
        ]),
      };
  }
}
