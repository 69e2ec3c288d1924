import { TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { called } from "./answers/calls.ts";
import { callMounted, mountedFields, onceField } from "./mounted.ts";
import { defineOperation } from "./operation.ts";

const values = z.array(z.unknown()).max(1_000).optional().describe("Values for $1, $2 …");

/** Which tool it is, and which fields say what it is to do. */
const TYPES = {
  query: { tool: "run_sql", takes: ["sql", "params", "maxRows", "offset"], needs: "sql" },
  transaction: {
    tool: "run_transaction",
    takes: ["statements", "isolation", "dryRun", "maxRows"],
    needs: "statements",
  },
  migration: { tool: "run_migrations", takes: ["count", "dryRun"], needs: undefined },
} as const;

const own = {
  sql: z.string().min(1).optional().describe("query: one statement in Postgres' SQL."),
  params: values,
  offset: z.int().min(0).optional().describe("query: `nextOffset` of the page before."),
  statements: z
    .array(z.union([z.strictObject({ sql: z.string().min(1), params: values }), z.string().min(1)]))
    .min(1)
    .optional()
    .describe("transaction: one statement each; all of them count, or none."),
  isolation: z
    .enum(["read committed", "repeatable read", "serializable"])
    .optional()
    .describe("transaction: the server's own where left out."),
  count: z.int().min(1).optional().describe("migration: the next so many; else all that wait."),
  dryRun: z.boolean().optional().describe("transaction, migration: what it would do."),
  maxRows: z.int().min(1).optional().describe("query, transaction: rows on one page."),
};

export const databaseQuery = defineOperation({
  name: "database_query",
  title: "Query the database",
  description:
    "Runs one statement, several in one transaction, or the migrations that wait, in the database that is mounted.",
  input: z.object({
    type: z.enum(["query", "transaction", "migration"]).default("query").describe("What it is."),
    ...own,
    confirm: z
      .string()
      .optional()
      .describe("For what cannot be taken back: the name that the refusal tells."),
    projectId: z
      .string()
      .min(1)
      .optional()
      .describe("A Neon project; else the configured database."),
    branchId: z.string().min(1).optional().describe("A branch of that project, by id or name."),
    ...onceField,
    ...mountedFields,
  }),
  output: called,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  needs: "caller",
  mounted: { kind: "database", tools: Object.values(TYPES).map(({ tool }) => tool) },
  untouched: ["params", "statements"],
  async run({ type, ...asked }, context, core) {
    const { tool, takes, needs } = TYPES[type];
    const isOwn = (key: string): boolean => (takes as readonly string[]).includes(key);
    const wrong = Object.keys(own).find(
      (key) => !isOwn(key) && asked[key as keyof typeof own] !== undefined,
    );
    if (wrong !== undefined) {
      throw refused(wrong, `${wrong}: a ${type} takes ${takes.join(", ")}.`);
    }
    if (needs !== undefined && asked[needs] === undefined) {
      throw refused(needs, `${needs}: a ${type} needs it.`);
    }
    return callMounted({ kind: "database", tool }, asked, { context, core });
  },
});

function refused(field: string, message: string): TrestleError {
  return new TrestleError("invalid_input", message, { details: { fields: [field] } });
}
