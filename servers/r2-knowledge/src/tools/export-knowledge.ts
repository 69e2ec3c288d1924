import { defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { parseSince } from "../knowledge/since.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { untrustedText } from "./untrusted.ts";

/** More is no answer for a model: the command line writes files of any size. */
const MOST_CHARACTERS = 400_000;

const input = z.object({
  format: z.enum(["json", "ndjson", "markdown"]).optional().describe("ndjson by default"),
  context: z.string().min(1).max(500).optional().describe("Only with these words in the context"),
  since: z.string().max(40).optional().describe("From when: 24h, 7d, or a date"),
  until: z.string().max(40).optional().describe("Up to when: 24h (ago), or a date"),
});

const output = z.object({
  format: z.enum(["json", "ndjson", "markdown"]),
  text: z.string(),
  damaged: z.array(z.string()).describe("Ids of records that could not be read"),
});

export const exportKnowledge = defineTool<typeof input, typeof output, State>({
  name: "export_knowledge",
  title: "Export knowledge",
  description:
    "Gives all diagnoses, or some, as JSON, NDJSON or Markdown. For files of any size: trestle-knowledge export.",
  profile: "all",
  input,
  output,
  hints: READS,
  content: ({ text, damaged }) =>
    untrustedText([
      ...(damaged.length === 0 ? [] : [`Not readable, and left out: ${damaged.join(", ")}.`]),
      text,
    ]),
  async run({ format = "ndjson", context, since, until }, { state, signal, clock, progress }) {
    const damaged: string[] = [];
    const pieces = state.knowledge.export({
      ...{ format, context, signal },
      ...(since === undefined ? {} : { since: parseSince(since, clock.now(), "since") }),
      ...(until === undefined ? {} : { until: parseSince(until, clock.now(), "until") }),
      onDamaged: (id) => damaged.push(id),
    });
    let text = "";
    let count = 0;
    for await (const piece of pieces) {
      text += piece;
      count += 1;
      if (count % 100 === 0) progress({ progress: count, message: "diagnoses read" });
      if (text.length > MOST_CHARACTERS) throw tooMuch();
    }
    return { format, text, damaged };
  },
});

function tooMuch(): TrestleError {
  return new TrestleError(
    "invalid_input",
    `That is more than ${MOST_CHARACTERS} characters. Narrow it by context, since and until, or write a file: trestle-knowledge export --out knowledge.ndjson.`,
  );
}
