import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBloat as find } from "../../care/bloat.ts";
import { inBytes } from "../../care/health/check.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { READS } from "../structure/reads.ts";
import { said, toName } from "../structure/words.ts";
import { untrustedText } from "../untrusted.ts";

const input = z.object({
  schema: z.string().min(1).optional().describe("All but Postgres' own where left out"),
  minBytes: z.int().min(0).optional().describe("Only what wastes so much; 1 MiB by default"),
  limit: z.int().min(1).max(200).optional().describe("20 by default"),
});

const output = z.object({
  bloat: z.array(
    z.object({
      kind: z.enum(["table", "index"]),
      schema: z.string(),
      table: z.string(),
      index: z.string().optional(),
      bytes: z.number(),
      wastedBytes: z.number(),
      share: z.number().describe("wastedBytes of bytes, 0 to 1"),
      deadRows: z.number().optional(),
    }),
  ),
  advice: z.string(),
});

const ADVICE =
  "Estimated from the statistics of ANALYZE. A table gives space back by VACUUM (FULL), which locks it, or pg_repack, which does not; an index by REINDEX INDEX CONCURRENTLY. Under a third it is rarely worth it.";
const NOTHING =
  "Nothing wastes that much, as far as the statistics of ANALYZE tell: of tables that were never analysed, or that this role may not read, nothing is known.";

export const findBloat = defineTool<typeof input, typeof output, State>({
  name: "find_bloat",
  title: "Find bloat",
  description: "Estimates which tables and indexes take more space than their rows need.",
  profile: "all",
  aliases: ["findBloat"],
  input,
  output,
  hints: READS,
  content: ({ bloat, advice }) =>
    untrustedText(
      [
        ...bloat.map(
          ({ kind, schema, table, index, bytes, wastedBytes, share }) =>
            `${kind} ${index ? `${toName(index)} on ` : ""}${toName(schema, table)}: ${inBytes(wastedBytes)} of ${inBytes(bytes)} (${Math.round(share * 100)} %)`,
        ),
        advice,
      ].join("\n"),
    ),
  async run({ schema, minBytes, limit }, { state, signal }) {
    const found = await find(state.database, {
      visible: visibilityOf(state.guard),
      signal,
      ...said({ schema: schema ?? null, minBytes: minBytes ?? null, limit: limit ?? null }),
    });
    return {
      bloat: found.map(({ index, deadRows, ...rest }) => ({
        ...rest,
        ...said({ index, deadRows }),
      })),
      advice: found.length > 0 ? ADVICE : NOTHING,
    };
  },
});
