import type { JsonValue } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { untrustedContent, untrustedText } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import { PLACE_ALIASES, params, place, toStatement } from "./parts.ts";

const input = z.object({
  sql: z.string().min(1).describe("The statement itself, without EXPLAIN"),
  params,
  analyze: z
    .boolean()
    .optional()
    .describe("Run it too, with real times and rows; what it writes is rolled back"),
  format: z.enum(["text", "json"]).optional().describe("text where left out"),
  ...place,
});

const output = z.object({
  plan: z.unknown().describe("Lines of text, or Postgres' JSON"),
  analyzed: z.boolean(),
});

export const explainQuery = defineTool<typeof input, typeof output, State>({
  name: "explain_query",
  title: "Explain a query",
  description:
    "Shows how Postgres would run a statement: its plan with costs, and with analyze what it really took. Nothing is kept of what it writes.",
  aliases: ["explain_sql_statement", "get_query_plan", "explain"],
  argumentAliases: { query: "sql", statement: "sql", parameters: "params", ...PLACE_ALIASES },
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  content: (result) =>
    typeof result.plan === "string" ? untrustedText(result.plan) : untrustedContent(result),
  async run({ analyze = false, format = "text", projectId, branchId, ...asked }, context) {
    const { state, signal } = context;
    const database = await state.databaseFor({ projectId, branchId }, signal);
    const options = analyze ? "ANALYZE, BUFFERS, " : "";
    const { sql, params: values } = toStatement(asked);
    const statement = { sql: `EXPLAIN (${options}FORMAT ${format}) ${sql}`, params: values };
    const [result] = await whileRunning(context, () =>
      database.transaction([statement], {
        ...state.limits,
        maxRows: MOST_LINES,
        maxBytes: MOST_BYTES,
        dryRun: true,
        signal,
      }),
    );
    const lines = (result?.rows ?? []).map((row) => Object.values(row)[0] ?? "");
    return {
      plan: format === "json" ? (lines[0] as JsonValue) : lines.join("\n"),
      analyzed: analyze,
    };
  },
});

const MOST_LINES = 10_000;
const MOST_BYTES = 1_000_000;
