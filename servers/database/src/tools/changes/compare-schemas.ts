import { join } from "node:path";
import { defineTool, type ToolContext, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { alignShapes } from "../../migrations/compare/align.ts";
import { diffShapes, toText } from "../../migrations/compare/diff.ts";
import { readShape, saveShape } from "../../migrations/compare/saved.ts";
import type { SchemaShape } from "../../migrations/compare/shape.ts";
import { takeShape } from "../../migrations/compare/take.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { openFolder } from "../../transfer/folder.ts";
import { untrustedContent } from "../untrusted.ts";

const side = z.strictObject({
  schema: z.string().min(1).default("public"),
  database: z
    .enum(["this", "other"])
    .default("this")
    .describe("other: the one that DATABASE_COMPARE_URL names"),
  snapshot: z.string().min(1).optional().describe("A schema saved before by saveAs, instead"),
});

const input = z.object({
  from: side.default({ schema: "public", database: "this" }).describe("What is"),
  to: side.optional().describe("What should be; left out where from is only to be saved"),
  saveAs: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .optional()
    .describe("Keep the shape of from under this name, for later comparisons"),
});

const output = z.object({
  same: z.boolean().optional(),
  differences: z
    .array(
      z.object({
        object: z.string().describe("table, column, constraint, index, view, function …"),
        name: z.string(),
        change: z
          .enum(["added", "removed", "changed"])
          .describe("Seen from from: added is only in to"),
        from: z.string().optional(),
        to: z.string().optional(),
      }),
    )
    .optional(),
  text: z.string().optional().describe("The differences to read"),
  sql: z
    .string()
    .optional()
    .describe(
      "What makes from as to is; it may destroy data, and is never run here: look at it, then create_migration",
    ),
  byHand: z.array(z.string()).optional().describe("What no plain statement does"),
  saved: z.string().optional(),
});

export const compareSchemas = defineTool<typeof input, typeof output, State>({
  name: "compare_schemas",
  title: "Compare schemas",
  description:
    "Tells how two schemas differ (tables, columns, types, defaults, indexes, constraints, views, functions), and the SQL that would make the first as the second: two of this database, one saved before, or one of another database.",
  profile: "all",
  aliases: ["compare_database_schema"],
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  content: (result) => untrustedContent(result),
  async run({ from, to, saveAs }, context) {
    if (to === undefined && saveAs === undefined)
      throw new TrestleError("invalid_input", "Give to, the schema to compare with, or saveAs.");
    const before = await shapeOf(from, context);
    const saved =
      saveAs === undefined ? {} : { saved: await saveShape(snapshots(context), saveAs, before) };
    if (to === undefined) return saved;
    const after = await shapeOf(to, context);
    const differences = diffShapes(before, after);
    const { statements, byHand } = alignShapes(before, after);
    return {
      same: differences.length === 0,
      differences,
      text: toText(differences),
      sql: statements.join("\n"),
      byHand: [...byHand],
      ...saved,
    };
  },
});

type Side = z.output<typeof side>;

function snapshots({ host }: ToolContext<State>) {
  return openFolder(join(host.dataDir, "snapshots"));
}

async function shapeOf(
  { schema, database, snapshot }: Side,
  context: ToolContext<State>,
): Promise<SchemaShape> {
  const { state, signal } = context;
  if (snapshot !== undefined) return readShape(snapshots(context), snapshot);
  const asking = { visible: visibilityOf(state.guard), signal };
  if (database === "this") return takeShape(state.database, schema, asking);
  const { openDatabase } = await import("../../postgres/open-database.ts");
  const { compareUrl: url } = state.config;
  if (url === undefined)
    throw new TrestleError(
      "invalid_config",
      "There is no other database: set DATABASE_COMPARE_URL to its connection string.",
    );
  const { guard, config } = state;
  const { dataDir, clock, log } = context.host;
  const other = openDatabase({ ...config, url, driver: "auto" }, { guard, dataDir, clock, log });
  try {
    return await takeShape(other, schema, asking);
  } finally {
    await other.close();
  }
}
