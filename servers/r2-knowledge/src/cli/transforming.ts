import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { writeWhole } from "@trestle/cli";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { createRecordRedact } from "../records/redact.ts";
import {
  convert,
  READ_FORMATS,
  type ReadFormat,
  WRITE_FORMATS,
  type WriteFormat,
} from "../transform/convert.ts";
import { pipeline, type Step } from "../transform/steps.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface TransformOptions {
  readonly from?: string;
  readonly to?: string;
  readonly steps?: string;
  readonly out?: string;
}

/** The command that gives records other forms. */
export function addTransforming({ program, runs }: KnowledgeCli): void {
  program
    .command("transform")
    .description(
      "filter, map and redact records, and turn JSON, NDJSON and CSV into each other or Markdown",
    )
    .argument("[file]", "records; - reads stdin; all diagnoses where left out")
    .option("--from <form>", `${READ_FORMATS.join(", ")}; by the name of the file where left out`)
    .option("--to <form>", `${WRITE_FORMATS.join(", ")}; by the name of --out where left out`)
    .option("--steps <steps>", "what is done to each record: JSON, or a file that holds it")
    .option("--out <path>", "to a file instead of stdout")
    .action(runs(transform));
}

async function transform(
  place: Place,
  file: string | undefined,
  options: TransformOptions,
): Promise<number> {
  const { process, terminal } = place;
  const from = formOf(READ_FORMATS, "--from", options.from, file === undefined ? "" : file);
  const to = formOf(WRITE_FORMATS, "--to", options.to, options.out ?? "");
  const steps = await readSteps(options.steps, process.cwd());
  const counts = { read: 0, written: 0 };
  const { records, damaged } = recordsOf(place, file);
  const pieces = convert(records, { from, to, steps, counts }, { redact: createRecordRedact() });
  if (options.out === undefined) for await (const piece of pieces) process.stdout.write(piece);
  else await writeWhole(resolve(process.cwd(), options.out), pieces);
  terminal.warn(`${counts.written} of ${counts.read} records are written.`);
  return damaged() > 0 ? EXIT.failed : EXIT.ok;
}

/** As texts, in pieces: a file of any size is never in memory as a whole, but for JSON. */
function recordsOf(place: Place, file: string | undefined) {
  const { knowledge, terminal, process, signal } = place;
  let damaged = 0;
  if (file === undefined) {
    const records = knowledge.export({
      ...{ format: "ndjson", signal },
      onDamaged(id, message) {
        damaged += 1;
        terminal.warn(`${id} is left out: ${message}`);
      },
    });
    return { records, damaged: () => damaged };
  }
  const path = resolve(process.cwd(), file);
  const bytes = file === "-" ? process.stdin : createReadStream(path, { signal });
  return { records: texts(bytes as AsyncIterable<Uint8Array>, file), damaged: () => damaged };
}

async function* texts(bytes: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw usage(`${file} can not be read: ${messageOf(error)}.`);
  }
}

const ENDINGS: Readonly<Record<string, string>> = {
  ...{ ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson" },
  ...{ ".csv": "csv", ".md": "markdown", ".markdown": "markdown" },
};

function formOf<Form extends ReadFormat | WriteFormat>(
  forms: readonly Form[],
  option: string,
  said: string | undefined,
  file: string,
): Form {
  const wanted = said ?? ENDINGS[extname(file).toLowerCase()] ?? "ndjson";
  const form = forms.find((each) => each === wanted);
  if (form !== undefined) return form;
  throw usage(`${option} must be ${forms.join(", ")}, not "${wanted}".`);
}

async function readSteps(said: string | undefined, cwd: string): Promise<Step[]> {
  if (said === undefined) return [];
  const isText = said.trimStart().startsWith("[");
  let value: unknown;
  try {
    value = JSON.parse(isText ? said : await readFile(resolve(cwd, said), "utf8"));
  } catch (error) {
    throw usage(`--steps: ${isText ? "it" : said} is no JSON: ${messageOf(error)}.`);
  }
  const parsed = pipeline.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usage(`--steps: ${z.prettifyError(parsed.error)}`);
}

function usage(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
