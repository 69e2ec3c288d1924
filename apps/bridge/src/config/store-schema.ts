import * as z from "zod";
import { reference } from "./reference-schema.ts";

function megabytes(quota: number, what: string) {
  return z.int().min(1).max(10_000_000).default(quota).describe(`Megabytes of ${what}.`);
}

const days = z.int().min(1).max(36_500);

/** The `store` keys: what several bridges share. */
export const storeSchema = z
  .strictObject({
    redis: reference
      .optional()
      .describe("Redis that bridges on several machines share, as one: see docs/scale.md."),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be [A-Za-z0-9_.-]{1,64}")
      .default("trestle")
      .describe("Before every key in Redis; bridges with another one have nothing in common."),
    postgres: reference
      .optional()
      .describe(
        "Postgres where history and audit log are copied to and kept for long: see docs/operations.md.",
      ),
    retention: z
      .strictObject({
        historyDays: days.default(365).describe("Days that executions are kept in Postgres."),
        auditDays: days
          .optional()
          .describe("Days that audit entries are kept in Postgres; without it for ever."),
      })
      .prefault({}),
    quotas: z
      .strictObject({
        history: megabytes(1_024, "calls, metrics and chains; the oldest calls make room"),
        audit: megabytes(1_024, "the audit log; nothing of it is dropped, and `health` tells"),
        review: megabytes(768, "calls that wait for a decision; more than 1,000 are refused"),
        webhooks: megabytes(256, "deliveries; the oldest dead letters make room"),
        log: megabytes(24, "the bridge's own log; it is set aside at 10 MB, one is kept"),
        access: megabytes(64, "keys, sessions and sign-ins"),
        changes: megabytes(64, "copies of configurations before a change; 100 are kept"),
        bridge: megabytes(128, "saved lists and small files of the bridge"),
        compiled: megabytes(256, "programs as they were compiled; all of it is dropped"),
        database: megabytes(4_096, "the embedded database"),
        tracker: megabytes(5_120, "the tracker, whose own `maxMb` makes room"),
        orchestrator: megabytes(4_096, "executions and swarms, whose own `maxMb` refuses more"),
        objects: megabytes(2_048, "objects"),
        knowledge: megabytes(4_096, "the knowledge base in a folder"),
        backups: megabytes(10_240, "what `trestle backup` made in the home"),
      })
      .prefault({}),
  })
  .prefault({});
