import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { describeTable } from "../../structure/describe-table.ts";
import { type FoundObject, OBJECT_KINDS, searchObjects as search } from "../../structure/search.ts";
import { type Visibility, visibilityOf } from "../../structure/visibility.ts";
import { untrustedText } from "../untrusted.ts";
import { toDefinition } from "./definition.ts";
import { toOutput } from "./describe-table.ts";
import { READS } from "./reads.ts";
import { said, toName, toRemark } from "./words.ts";

const LIMITS = { names: 100, summary: 50, full: 10 } as const;

const input = z.object({
  query: z
    .string()
    .max(200)
    .describe(
      "Words that the name, its table or the comment holds, each of them; * for any characters",
    ),
  kinds: z.array(z.enum(OBJECT_KINDS)).min(1).optional().describe("All where left out"),
  schema: z.string().min(1).optional().describe("All but Postgres' own where left out"),
  detail: z
    .enum(["names", "summary", "full"])
    .optional()
    .describe(
      "summary (default): with definition and comment; full: tables as describe_table has them",
    ),
  limit: z.int().min(1).max(500).optional().describe("50 by default, 10 in full"),
  offset: z.int().min(0).optional().describe("nextOffset of the page before"),
});

const output = z.object({
  objects: z.array(
    z.object({
      kind: z.string(),
      name: z.string().describe("schema.name; of a column or index schema.table.name"),
      definition: z
        .string()
        .optional()
        .describe(
          "Type of a column, signature of a function, values of an enum, a table as SQL has it",
        ),
      comment: z.string().optional(),
    }),
  ),
  total: z.int(),
  truncated: z.boolean(),
  nextOffset: z.int().optional(),
});

export const searchObjects = defineTool<typeof input, typeof output, State>({
  name: "search_objects",
  title: "Search objects",
  description:
    "Finds schemas, tables, views, columns, indexes, functions and types by name or comment, the best first.",
  aliases: ["searchObjects"],
  input,
  output,
  hints: READS,
  content: (result) =>
    untrustedText(
      result.total === 0 ? "Nothing is called so." : toLines(result.objects),
      result.nextOffset === undefined
        ? undefined
        : `${result.objects.length} of ${result.total}. More follow: call again with offset ${result.nextOffset}.`,
    ),
  async run({ query, kinds, schema, detail = "summary", limit, offset = 0 }, { state, signal }) {
    const visible = visibilityOf(state.guard);
    const { objects, total } = await search(state.database, query, {
      visible,
      limit: limit ?? LIMITS[detail],
      offset,
      signal,
      ...(kinds ? { kinds } : {}),
      ...(schema ? { schema } : {}),
    });
    const entries: Output["objects"] = [];
    for (const object of objects)
      entries.push(await toEntry(object, detail, { state, visible, signal }));
    const next = offset + objects.length;
    const truncated = next < total;
    return { objects: entries, total, truncated, ...(truncated ? { nextOffset: next } : {}) };
  },
});

type Output = z.output<typeof output>;

const TABLES = new Set([
  "table",
  "view",
  "materialized view",
  "foreign table",
  "partitioned table",
]);

async function toEntry(
  { kind, schema, table, name, comment, definition }: FoundObject,
  detail: keyof typeof LIMITS,
  { state, visible, signal }: { state: State; visible: Visibility; signal: AbortSignal },
): Promise<Output["objects"][number]> {
  const whole = kind === "schema" ? toName(name) : toName(schema, table, name);
  if (detail === "names") return { kind, name: whole };
  if (detail === "summary" || !TABLES.has(kind))
    return { kind, name: whole, ...said({ definition, comment }) };
  const described = await describeTable(state.database, name, { schema, visible, signal });
  return { kind, name: whole, definition: toDefinition(toOutput(described)) };
}

function toLines(objects: Output["objects"]): string {
  return objects
    .map(({ kind, name, definition, comment }) =>
      TABLES.has(kind) && definition !== undefined
        ? definition
        : `${kind} ${name}${definition === undefined ? "" : ` ${shortened(definition)}`}${toRemark(comment)}`,
    )
    .join("\n");
}

/** Where an index is and what it is called has been said. */
function shortened(definition: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX .*? USING /, (_, unique) =>
    unique ? "unique " : "",
  );
}
