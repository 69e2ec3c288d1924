import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { listExtensions as list } from "../../structure/extensions.ts";
import { untrustedText } from "../untrusted.ts";
import { READS } from "./reads.ts";
import { said, toName, toRemark } from "./words.ts";

const input = z.object({
  available: z.boolean().optional().describe("Also those that are not installed and could be"),
});

const output = z.object({
  extensions: z.array(
    z.object({
      name: z.string(),
      version: z.string().optional().describe("Left out where it is not installed"),
      newest: z.string().optional().describe("Where it is another than the one installed"),
      schema: z.string().optional(),
      comment: z.string().optional(),
    }),
  ),
});

export const listExtensions = defineTool<typeof input, typeof output, State>({
  name: "list_extensions",
  title: "List extensions",
  description:
    "Lists the extensions with version and schema; on demand those that could be installed.",
  profile: "all",
  aliases: ["listExtensions"],
  input,
  output,
  hints: READS,
  content: ({ extensions }) =>
    untrustedText(
      extensions
        .map(({ name, version, newest, schema, comment }) => {
          const installed = version === undefined ? " (not installed)" : ` ${version}`;
          const place = schema === undefined ? "" : ` in ${toName(schema)}`;
          return `${name}${installed}${newest ? `, newest ${newest}` : ""}${place}${toRemark(comment)}`;
        })
        .join("\n"),
    ),
  async run({ available }, { state, signal }) {
    const found = await list(state.database, { signal, available: available ?? false });
    return {
      extensions: found.map(({ name, version, newest, schema, comment }) => ({
        name,
        ...said({ version, newest: newest === version ? null : newest, schema, comment }),
      })),
    };
  },
});
