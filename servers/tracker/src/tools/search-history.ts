import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { evidenceShape, toEvidence } from "../reports/evidence.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({
  query: z
    .string()
    .min(1)
    .max(1_000)
    .describe('Words, all of which must be there; "in this order"; begin* of words; -without'),
  project,
  session: z.string().max(500).optional().describe("Only in this session"),
  agent: z
    .enum(["claude-code", "codex", "gemini", "chat", "log"])
    .optional()
    .describe("Only of this assistant, or of logs"),
  kinds: z
    .array(z.enum(["prompt", "reply", "call", "result", "notice", "line", "thinking"]))
    .min(1)
    .optional()
    .describe("Only what people asked (prompt), tools answered (result), logs wrote (line), …"),
  since: since("all time"),
  order: z.enum(["newest", "relevance"]).optional().describe("newest by default"),
  limit: limit(20, 50),
  cursor: z.string().max(1_000).optional().describe("`next` of the page before"),
});

const output = z.object({
  hits: z.array(
    z.object({
      snippet: z.string().describe("What matched stands between « and »"),
      type: z.string(),
      project: z.string(),
      evidence: evidenceShape,
    }),
  ),
  next: z.string().optional().describe("Give it as cursor for the next page"),
});

export const searchHistory = defineTool<typeof input, typeof output, State>({
  name: "search_history",
  title: "Search the history",
  description:
    "Searches the full text of all sessions and logs that were read: what was asked, said, run and answered.",
  aliases: ["searchHistory"],
  argumentAliases: { ...TIME_ALIASES, q: "query", text: "query", sessionId: "session" },
  input,
  output,
  hints: READS,
  content: asData,
  async run({ query, session, agent, kinds, order, cursor, ...given }, { state, clock }) {
    const { limit: most = 20, since: from } = given;
    const scope = await scopeOf(given, state, { now: clock.now(), preset: "3650d" });
    const { items, next } = await state.store.search({
      ...{ ...scope.ofProject, text: query, limit: most },
      ...(from !== undefined && { from: scope.from }),
      ...(session !== undefined && { sessionId: session }),
      ...(agent !== undefined && { agent }),
      ...(kinds !== undefined && { kinds }),
      ...(order !== undefined && { order }),
      ...(cursor !== undefined && { cursor }),
    });
    return {
      hits: items.map(({ record, project: where, snippet }) => ({
        ...{ snippet, type: record.type, project: where, evidence: toEvidence(record) },
      })),
      ...(next !== undefined && { next }),
    };
  },
});
