import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { chainHead, logEntry, OUTCOMES } from "../audit-log/entry.ts";
import { parseSince } from "../knowledge/since.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";

/** Who did what: small tools on one thing. */

const input = z.object({
  since: z.string().max(40).optional().describe("From when: 24h, 7d (default), or a date"),
  principal: z.string().max(500).optional().describe("Only of this one: local, key:<id>"),
  action: z.string().max(100).optional().describe("Only this: knowledge:delete"),
  outcome: z.enum(OUTCOMES).optional(),
  id: z.string().max(128).optional().describe("Only what was done to this record"),
  limit: z.int().min(1).max(1_000).optional().describe("100 by default"),
});
const deed = logEntry.extend({ time: z.string(), writer: z.string(), seq: z.int() });
const output = z.object({ deeds: z.array(deed).describe("The newest first") });

export const searchAuditLog = defineTool<typeof input, typeof output, State>({
  name: "search_audit_log",
  title: "Search the audit log",
  description:
    "Lists who did what to which record, when, and whether it was allowed. What was done about errors is in search_audits.",
  profile: "all",
  input,
  output,
  hints: READS,
  async run({ since = "7d", ...query }, { state, signal, clock }) {
    const from = parseSince(since, clock.now(), "since");
    return { deeds: [...(await state.access.searchLog({ ...query, since: from, signal }))] };
  },
});

const verifyInput = z.object({
  heads: z.array(chainHead).max(10_000).optional().describe("Ends of chains that you kept before"),
});
const verified = z.object({
  ok: z.boolean(),
  chains: z.int(),
  entries: z.int(),
  faults: z.array(z.object({ writer: z.string(), seq: z.int(), what: z.string() })),
  heads: z.array(chainHead).describe("Keep them: they show later that nothing was taken away"),
});

export const verifyAuditLog = defineTool<typeof verifyInput, typeof verified, State>({
  name: "verify_audit_log",
  title: "Verify the audit log",
  description: "Reads the whole audit log and finds what was changed, moved or taken away.",
  profile: "all",
  input: verifyInput,
  output: verified,
  hints: READS,
  async run({ heads = [] }, { state, signal }) {
    const verdict = await state.access.verifyLog({ heads, signal });
    const { faults } = verdict;
    return { ...verdict, ok: faults.length === 0, faults: [...faults], heads: [...verdict.heads] };
  },
});
