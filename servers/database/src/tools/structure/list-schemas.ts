import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { listSchemas as list } from "../../structure/schemas.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { untrustedText } from "../untrusted.ts";
import { READS } from "./reads.ts";
import { said, toName, toRemark } from "./words.ts";

const input = z.object({
  system: z.boolean().optional().describe("Postgres' own schemas too"),
});

const output = z.object({
  schemas: z.array(
    z.object({
      name: z.string(),
      owner: z.string(),
      tables: z.int().describe("Tables and views"),
      functions: z.int().describe("Those of extensions do not count"),
      comment: z.string().optional(),
    }),
  ),
});

export const listSchemas = defineTool<typeof input, typeof output, State>({
  name: "list_schemas",
  title: "List schemas",
  description: "Lists the schemas, with how many tables and functions are in each.",
  profile: "all",
  aliases: ["listSchemas"],
  input,
  output,
  hints: READS,
  content: ({ schemas }) =>
    untrustedText(
      schemas
        .map(
          ({ name, tables, functions, comment }) =>
            `${toName(name)}: ${tables} tables${functions > 0 ? `, ${functions} functions` : ""}${toRemark(comment)}`,
        )
        .join("\n"),
    ),
  async run({ system }, { state, signal }) {
    const visible = visibilityOf(state.guard);
    const found = await list(state.database, { visible, signal, system: system ?? false });
    return {
      schemas: found.map(({ comment, ...schema }) => ({ ...schema, ...said({ comment }) })),
    };
  },
});
