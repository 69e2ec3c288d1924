import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { Audit } from "../records/audit.ts";
import { contextOf, timeOf } from "../records/facts.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import {
  auditShape,
  facetsShape,
  filters,
  flat,
  toAuditOutput,
  toFacets,
  toFilters,
} from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const { context, severity, since, until, metadata } = filters;

const input = z.object({
  query: z.string().max(2_000).optional().describe("Words of it; without, the newest come first"),
  ...{ context, severity, since, until, metadata },
  limit: z.int().min(1).max(50).optional().describe("Entries on this page; 10 by default"),
  offset: z.int().min(0).max(1_000).optional().describe("Entries to skip"),
});

const output = z.object({
  results: z.array(auditShape),
  total: z.int(),
  facets: facetsShape,
  nextOffset: z.int().optional(),
});

export const searchAudits = defineTool<typeof input, typeof output, State>({
  name: "search_audits",
  title: "Search audits",
  description:
    "Searches the log of what was done about errors, by words, severity, context and time.",
  aliases: ["AuditSearch"],
  argumentAliases: { timeframe: "since", text: "query", q: "query" },
  input,
  output,
  hints: READS,
  content: ({ results, total, nextOffset }) =>
    untrustedText([
      total === 0
        ? "No entry fits."
        : `${results.length} of ${total}.${nextOffset === undefined ? "" : ` More: call again with offset ${nextOffset}.`}`,
      ...results.map(({ audit }, at) => `${at + 1}. ${toLine(audit as Audit)}`),
    ]),
  async run({ query = "", limit = 10, offset = 0, ...given }, { state, signal, clock }) {
    const { hits, total, facets } = await state.knowledge.searchAudits({
      ...toFilters(given, clock.now()),
      ...{ text: query, limit, offset, signal },
    });
    const end = offset + limit;
    return {
      results: hits.map(toAuditOutput),
      total,
      facets: toFacets(facets),
      ...(end < total ? { nextOffset: end } : {}),
    };
  },
});

function toLine(audit: Audit): string {
  const { id, errorType, errorMessage, resolution, successfulFix } = audit;
  const facts = [audit.severity, contextOf(audit), new Date(timeOf(audit)).toISOString()];
  const worked =
    successfulFix === true
      ? "it worked"
      : successfulFix === false
        ? "it did not work"
        : successfulFix;
  const done = [resolution, worked].filter(Boolean).join("; ");
  const error = [errorType, errorMessage].filter(Boolean).join(": ");
  return `${id} (${facts.filter(Boolean).join(", ")}) ${flat(error)}${done === "" ? "" : ` → ${flat(done)}`}`;
}
