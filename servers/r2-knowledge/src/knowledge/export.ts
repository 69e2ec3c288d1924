import { messageOf } from "@trestle/protocol";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { isDamagedRecord } from "../records/encode.ts";
import { contextOf, timeOf } from "../records/facts.ts";
import { recordFacts, type Seeing } from "../records/record-facts.ts";
import { escaped, fenced } from "../transform/formats/markdown.ts";
import { eachAtMost } from "./each-at-most.ts";
import type { Filters, Known } from "./knowledge-store.ts";
import { confidenceOfRecord } from "./outcomes.ts";
import type { Parts } from "./parts.ts";

export type ExportFormat = "json" | "ndjson" | "markdown";

export interface ExportOptions
  extends CallOptions,
    Seeing,
    Pick<Filters, "context" | "since" | "until"> {
  readonly format: ExportFormat;
  /** Told of each record that could not be read; the export goes on without it. */
  readonly onDamaged?: ((id: string, message: string) => void) | undefined;
}

const BATCH = 32;

/**
 * Every diagnosis, read from the records themselves and not from the index, in the order of their ids. A
 * record that cannot be read is left out and told.
 */
export async function* exportKnowledge(
  parts: Parts,
  options: ExportOptions,
): AsyncGenerator<string> {
  const { format } = options;
  let count = 0;
  if (format === "json") yield "[";
  if (format === "markdown") yield "# What is known of errors and their fixes\n";
  for await (const { record, confidence, occurrences } of readAll(parts, options)) {
    if (format === "json") yield `${count === 0 ? "\n" : ",\n"}${JSON.stringify(record)}`;
    else if (format === "ndjson") yield `${JSON.stringify(record)}\n`;
    else yield toMarkdown({ record, confidence, occurrences });
    count += 1;
  }
  if (format === "json") yield count === 0 ? "]\n" : "\n]\n";
  if (format === "markdown" && count === 0) yield "\nNothing yet.\n";
}

async function* readAll(parts: Parts, options: ExportOptions): AsyncGenerator<Known> {
  let batch: string[] = [];
  for await (const { id } of parts.diagnoses.ids({ signal: options.signal })) {
    batch.push(id);
    if (batch.length < BATCH) continue;
    yield* await readBatch(parts, batch, options);
    batch = [];
  }
  yield* await readBatch(parts, batch, options);
}

async function readBatch(
  parts: Parts,
  ids: readonly string[],
  options: ExportOptions,
): Promise<Known[]> {
  const read = await eachAtMost(8, ids, async (id) => {
    try {
      return await parts.diagnoses.get(id, { signal: options.signal });
    } catch (error) {
      if (options.signal?.aborted || !isDamagedRecord(error)) throw error;
      // Nobody can tell whose a damaged one is.
      if (options.permits === undefined) options.onDamaged?.(id, messageOf(error));
      return undefined;
    }
  });
  return read
    .flatMap((found) =>
      found === undefined || !isWanted(found.record, options) ? [] : [found.record],
    )
    .map((record) => toKnownRecord(parts, record));
}

export function toKnownRecord(parts: Parts, record: Diagnosis): Known {
  const { seen } = parts.tallies.of(record.duplicateOf ?? record.id);
  return { record, confidence: confidenceOfRecord(parts, record), occurrences: 1 + seen };
}

function isWanted(record: Diagnosis, options: ExportOptions): boolean {
  const { context, since = 0, until = Infinity, permits } = options;
  const time = timeOf(record);
  if (time < since || time > until) return false;
  const own = contextOf(record)?.toLowerCase() ?? "";
  if (context !== undefined && !own.includes(context.toLowerCase())) return false;
  return permits === undefined || permits(recordFacts("diagnosis", record));
}

function toMarkdown({ record, confidence, occurrences }: Known): string {
  const { id, error, fix, severity } = record;
  const title = [error?.name, error?.message].filter(Boolean).join(": ").replace(/\s+/g, " ");
  const facts = [
    `- id: ${id}`,
    `- when: ${new Date(timeOf(record)).toISOString()}${occurrences > 1 ? `, met ${occurrences} times` : ""}`,
    ...(contextOf(record) === undefined ? [] : [`- context: ${oneLine(contextOf(record) ?? "")}`]),
    ...(severity ? [`- severity: ${oneLine(severity)}`] : []),
    ...(fix
      ? [`- odds of the fix: ${Math.round(confidence.value * 100)} %; ${confidence.evidence}`]
      : []),
  ];
  return [
    `\n## ${escaped(title.slice(0, 200)) || id}\n`,
    ...facts,
    ...(fix ? ["", fenced(fix)] : ["", "No fix is known."]),
    ...(error?.stack
      ? ["", "<details><summary>stack</summary>", "", fenced(error.stack), "", "</details>"]
      : []),
    "",
  ].join("\n");
}

const oneLine = (text: string) => escaped(text.replace(/\s+/g, " "));
