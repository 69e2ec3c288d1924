import type { Format } from "./formats/format.ts";
import { json, ndjson } from "./formats/json.ts";
import { markdown } from "./formats/markdown.ts";
import { type PipelineCounts, type PipelineParts, runPipeline } from "./run-pipeline.ts";
import type { Step } from "./steps.ts";

export const READ_FORMATS = ["json", "ndjson", "csv"] as const;
export const WRITE_FORMATS = [...READ_FORMATS, "markdown"] as const;
export type ReadFormat = (typeof READ_FORMATS)[number];
export type WriteFormat = (typeof WRITE_FORMATS)[number];

export interface ConvertOptions {
  readonly from: ReadFormat;
  readonly to: WriteFormat;
  readonly steps?: readonly Step[] | undefined;
  /** Counted while it runs. */
  readonly counts?: PipelineCounts | undefined;
}

/** Records from one form into another through a pipeline, at constant memory but for `json` read. */
export async function* convert(
  text: AsyncIterable<string>,
  { from, to, steps = [], counts }: ConvertOptions,
  parts: PipelineParts,
): AsyncGenerator<string> {
  const { parse } = await formatOf(from);
  const { write } = to === "markdown" ? markdown : await formatOf(to);
  yield* write(runPipeline(parse(text), steps, parts, counts));
}

/** CSV brings its libraries along; they are loaded when they are needed. */
async function formatOf(name: ReadFormat): Promise<Format> {
  if (name === "json") return json;
  return name === "ndjson" ? ndjson : (await import("./formats/csv.ts")).csv;
}
