import { isTrestleError } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { Database } from "../../postgres/database.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import { maxRows, PLACE_ALIASES, pageOutput, params, place, toStatement } from "./parts.ts";

const MOST_QUERIES = 20;
/** At once: other callers need connections too. */
const ABREAST = 3;
const LEAST_BYTES = 2_000;

const input = z.object({
  queries: z
    .array(z.strictObject({ sql: z.string().min(1), params, maxRows }))
    .min(1)
    .max(MOST_QUERIES)
    .describe("Reads, one statement each; each has its own outcome"),
  ...place,
});

const outcome = z.discriminatedUnion("success", [
  z.object({ success: z.literal(true), ...pageOutput }),
  z.object({
    success: z.literal(false),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);

const output = z.object({ outcomes: z.array(outcome).describe("In the order of the queries") });

export const batchQuery = defineTool<typeof input, typeof output, State>({
  name: "batch_query",
  title: "Run several queries",
  description:
    "Runs several reads at once and returns the outcome of each: a page of rows, or what was wrong. They share the room of one answer.",
  profile: "all",
  aliases: ["batch_queries"],
  argumentAliases: { statements: "queries", ...PLACE_ALIASES },
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  content: (result) => untrustedContent(result),
  async run({ queries, projectId, branchId }, context) {
    const { state, signal } = context;
    const database = await state.databaseFor({ projectId, branchId }, signal);
    const maxBytes = Math.max(LEAST_BYTES, Math.floor(state.limits.maxBytes / queries.length));
    const options = { ...state.limits, maxBytes, signal };
    const outcomes = await whileRunning(context, () =>
      abreast(queries, (query) => outcomeOf(database, query, options)),
    );
    return { outcomes };
  },
});

type Asked = z.output<typeof input>["queries"][number];
type Outcome = z.input<typeof outcome>;

/** A query that fails is an outcome; a call that nobody waits for any more is not. */
async function outcomeOf(
  database: Database,
  asked: Asked,
  options: Parameters<Database["query"]>[2],
): Promise<Outcome> {
  const { sql, params: values } = toStatement(asked);
  const page = asked.maxRows === undefined ? {} : { maxRows: asked.maxRows };
  try {
    return { success: true, ...(await database.query(sql, values, { ...options, ...page })) };
  } catch (error) {
    if (!isTrestleError(error) || error.code === "cancelled") throw error;
    return { success: false, error: { code: error.code, message: error.message } };
  }
}

async function abreast<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  async function walk(): Promise<void> {
    for (let at = next++; at < items.length; at = next++)
      results[at] = await work(items[at] as Item);
  }
  await Promise.all(Array.from({ length: ABREAST }, walk));
  return results;
}
