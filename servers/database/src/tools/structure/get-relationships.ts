import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { type DiagramTable, toErDiagram } from "../../structure/er-diagram.ts";
import { getRelationships as find, type Relationship } from "../../structure/relationships.ts";
import { listTables } from "../../structure/tables.ts";
import { type Visibility, visibilityOf } from "../../structure/visibility.ts";
import { untrustedText } from "../untrusted.ts";
import { READS } from "./reads.ts";
import { said, toName } from "./words.ts";

const input = z.object({
  schema: z.string().min(1).optional().describe("All but Postgres' own where left out"),
  table: z.string().min(1).optional().describe("Only what touches this table"),
  diagram: z
    .enum(["none", "tables", "columns"])
    .optional()
    .describe("An entity-relationship diagram in Mermaid, with the columns on demand"),
});

const output = z.object({
  relationships: z.array(
    z.object({
      from: z.string().describe("schema.table (columns) that hold the foreign key"),
      to: z.string(),
      kind: z.enum(["many to one", "one to one"]),
      optional: z.boolean().describe("May the columns be null?"),
      onDelete: z.string().optional(),
    }),
  ),
  diagram: z.string().optional().describe("Mermaid"),
});

export const getRelationships = defineTool<typeof input, typeof output, State>({
  name: "get_relationships",
  title: "Get relationships",
  description:
    "Tells which tables refer to which by foreign keys, as a list and on demand as an entity-relationship diagram in Mermaid.",
  profile: "all",
  aliases: ["getRelationships"],
  input,
  output,
  hints: READS,
  content: ({ relationships, diagram }) =>
    untrustedText(
      [
        ...relationships.map(
          ({ from, to, kind, optional, onDelete }) =>
            `${from} -> ${to}: ${optional ? "optional, " : ""}${kind}${onDelete ? `, on delete ${onDelete}` : ""}`,
        ),
        ...(relationships.length === 0 ? ["There are no foreign keys here."] : []),
        ...(diagram ? [`\`\`\`mermaid\n${diagram}\`\`\``] : []),
      ].join("\n"),
    ),
  async run({ schema, table, diagram = "none" }, { state, signal }) {
    const visible = visibilityOf(state.guard);
    const filter = { ...said({ schema: schema ?? null, table: table ?? null }), visible, signal };
    const found = await find(state.database, filter);
    return {
      relationships: found.map(toEntry),
      ...(diagram === "none"
        ? {}
        : {
            diagram: toErDiagram(
              await tablesOf(found, {
                state,
                visible,
                signal,
                diagram,
                ...(schema ? { schema } : {}),
                around: table !== undefined,
              }),
              found,
            ),
          }),
    };
  },
});

function toEntry({ from, to, unique, optional, onDelete }: Relationship) {
  const end = ({ schema, table, columns }: Relationship["from"]) =>
    `${toName(schema, table)} (${columns.map((column) => toName(column)).join(", ")})`;
  return {
    from: end(from),
    to: end(to),
    kind: unique ? ("one to one" as const) : ("many to one" as const),
    optional,
    ...said({ onDelete }),
  };
}

interface Drawing {
  readonly state: State;
  readonly visible: Visibility;
  readonly signal: AbortSignal;
  readonly schema?: string;
  readonly diagram: "tables" | "columns";
  /** Only what the relationships touch, instead of every table. */
  readonly around: boolean;
}

async function tablesOf(found: readonly Relationship[], drawing: Drawing): Promise<DiagramTable[]> {
  const { state, visible, signal, schema, diagram, around } = drawing;
  const { tables } = await listTables(state.database, {
    visible,
    signal,
    columns: diagram === "columns",
    ...(schema && !around ? { schema } : {}),
  });
  const ends = new Set(
    found
      .flatMap(({ from, to }) => [from, to])
      .map((end) => JSON.stringify([end.schema, end.table])),
  );
  return tables.filter(
    ({ kind, schema: own, name }) =>
      ends.has(JSON.stringify([own, name])) || (!around && kind.endsWith("table")),
  );
}
