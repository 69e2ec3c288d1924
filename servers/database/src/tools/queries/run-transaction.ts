import { confirmArgument, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import {
  confirmStatements,
  maxRows,
  PLACE_ALIASES,
  pageOutput,
  params,
  place,
  toStatement,
  writtenOutput,
} from "./parts.ts";

const MOST_STATEMENTS = 100;

const statement = z.strictObject({ sql: z.string().min(1), params });

const input = z.object({
  statements: z
    .array(z.union([statement, z.string().min(1)]))
    .min(1)
    .max(MOST_STATEMENTS)
    .describe("One statement each, run in this order; a text alone is one without params"),
  isolation: z
    .enum(["read committed", "repeatable read", "serializable"])
    .optional()
    .describe("The server's own where left out"),
  dryRun: z.boolean().optional().describe("Roll back at the end: what would happen"),
  maxRows,
  confirm: confirmArgument,
  ...place,
});

const output = z.object({
  committed: z.boolean(),
  results: z.array(z.object({ ...writtenOutput, ...pageOutput })),
});

export const runTransaction = defineTool<typeof input, typeof output, State>({
  name: "run_transaction",
  title: "Run a transaction",
  description:
    "Runs statements in one transaction: all of them count, or none. dryRun shows what they would do. What writes needs the setting DATABASE_MODE.",
  aliases: ["run_sql_transaction"],
  argumentAliases: { sqlStatements: "statements", queries: "statements", ...PLACE_ALIASES },
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  content: (result) =>
    untrustedContent(
      result,
      result.committed ? undefined : "Nothing was kept: the transaction was rolled back.",
    ),
  async run({ confirm, projectId, branchId, isolation, dryRun = false, ...asked }, context) {
    const { state, signal } = context;
    const database = await state.databaseFor({ projectId, branchId }, signal);
    const statements = asked.statements.map((one) =>
      toStatement(typeof one === "string" ? { sql: one } : one),
    );
    const accepted = await database.check(statements, { signal });
    const question = dryRun ? undefined : confirmStatements(context, statements, accepted, confirm);
    if (question) return question;
    const results = await whileRunning(context, () =>
      database.transaction(statements, {
        ...state.limits,
        ...(asked.maxRows === undefined ? {} : { maxRows: asked.maxRows }),
        ...(isolation && { isolation }),
        dryRun,
        signal,
      }),
    );
    return { committed: !dryRun, results };
  },
});
