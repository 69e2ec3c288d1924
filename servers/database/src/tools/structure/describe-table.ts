import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import {
  describeTable as describe,
  type TableDescription,
} from "../../structure/describe-table.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { PLACE_ALIASES, place } from "../queries/parts.ts";
import { untrustedText } from "../untrusted.ts";
import { toDefinition } from "./definition.ts";
import { READS } from "./reads.ts";
import { said } from "./words.ts";

const input = z.object({
  table: z.string().min(1).describe("Name of a table or view, without quotes; schema.table too"),
  schema: z.string().min(1).optional().describe("Where left out, the search path decides"),
  ...place,
});

const names = z.array(z.string());

const output = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(["table", "view", "materialized view", "foreign table", "partitioned table"]),
  estimatedRows: z.number().optional(),
  comment: z.string().optional(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      nullable: z.boolean(),
      default: z.string().optional(),
      comment: z.string().optional(),
    }),
  ),
  primaryKey: names.optional(),
  foreignKeys: z
    .array(
      z.object({
        name: z.string(),
        columns: names,
        references: z.object({ schema: z.string(), table: z.string(), columns: names }),
      }),
    )
    .optional(),
  referencedBy: z
    .array(z.object({ name: z.string(), schema: z.string(), table: z.string(), columns: names }))
    .optional()
    .describe("Foreign keys of other tables"),
  indexes: z
    .array(z.object({ name: z.string(), unique: z.boolean(), definition: z.string() }))
    .optional(),
  constraints: names.optional().describe("Check, unique and exclusion constraints as SQL"),
  triggers: names.optional(),
  policies: names.optional().describe("Row-level security, where it is on"),
  partitions: z.object({ key: z.string(), count: z.int() }).optional(),
  definition: z.string().optional().describe("The query of a view"),
});

export const describeTable = defineTool<typeof input, typeof output, State>({
  name: "describe_table",
  title: "Describe a table",
  description:
    "Describes a table or view: columns with type, nullability and default, keys, indexes, constraints, triggers, policies, comments.",
  aliases: ["describeTable", "describe_table_schema"],
  argumentAliases: {
    ...PLACE_ALIASES,
    tableName: "table",
    table_name: "table",
    schemaName: "schema",
    schema_name: "schema",
  },
  input,
  output,
  hints: READS,
  content: (result) => untrustedText(toDefinition(result)),
  async run({ table, schema, ...target }, { state, signal }) {
    const visible = visibilityOf(state.guard);
    const database = await state.databaseFor(target, signal);
    const found = await describe(database, table, {
      visible,
      signal,
      ...(schema ? { schema } : {}),
    });
    return toOutput(found);
  },
});

/** Beside the tool also what resources show. */
export type Described = z.output<typeof output>;

export function toOutput({
  schema,
  name,
  kind,
  columns,
  policies,
  ...parts
}: TableDescription): Described {
  return {
    schema,
    name,
    kind,
    columns: columns.map(({ name: own, type, nullable, ...facts }) => ({
      name: own,
      type,
      nullable,
      ...said(facts),
    })),
    ...said(parts),
    // An empty list says something here: rows are hidden from whoever is not the owner.
    ...(policies === null ? {} : { policies }),
  };
}
