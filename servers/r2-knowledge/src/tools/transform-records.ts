import { defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { createRecordRedact } from "../records/redact.ts";
import type { State } from "../state.ts";
import { convert, READ_FORMATS, WRITE_FORMATS } from "../transform/convert.ts";
import { pipeline } from "../transform/steps.ts";
import { READS } from "./hints.ts";
import { untrustedText } from "./untrusted.ts";

/** More is no answer for a model: the command line writes files of any size. */
const MOST_CHARACTERS = 400_000;

const input = z.object({
  text: z.string().max(4_000_000).optional().describe("Records; all diagnoses where left out"),
  from: z.enum(READ_FORMATS).optional().describe("The form of text; ndjson where left out"),
  to: z.enum(WRITE_FORMATS).optional().describe("ndjson where left out"),
  steps: pipeline.optional().describe("Done to each record, in this order"),
});

const output = z.object({
  to: z.enum(WRITE_FORMATS),
  read: z.int(),
  written: z.int(),
  text: z.string(),
});

export const transformRecords = defineTool<typeof input, typeof output, State>({
  name: "transform_records",
  title: "Transform records",
  description:
    "Filters, maps, renames and redacts records by steps, and turns JSON, NDJSON and CSV into each other or into Markdown. Stores nothing.",
  profile: "all",
  input,
  output,
  hints: READS,
  content: ({ read, written, text }) =>
    untrustedText([`${written} of ${read} records are left.`, text]),
  async run({ text, from = "ndjson", to = "ndjson", steps = [] }, { state, signal }) {
    const source =
      text === undefined ? state.knowledge.export({ format: "ndjson", signal }) : once(text);
    const counts = { read: 0, written: 0 };
    const options = { from: text === undefined ? "ndjson" : from, to, steps, counts } as const;
    let made = "";
    for await (const piece of convert(source, options, { redact: createRecordRedact() })) {
      made += piece;
      if (made.length > MOST_CHARACTERS) throw tooMuch();
    }
    return { to, ...counts, text: made };
  },
});

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

function tooMuch(): TrestleError {
  return new TrestleError(
    "invalid_input",
    `That is more than ${MOST_CHARACTERS} characters. Leave out more by filter and pick steps, or write a file: trestle-knowledge transform --out records.ndjson.`,
  );
}
