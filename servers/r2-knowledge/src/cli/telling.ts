import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { text as readText } from "node:stream/consumers";
import { writeWhole } from "@trestle/cli";
import { EXIT, messageOf, parseJson, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { ExportFormat } from "../knowledge/export.ts";
import { diagnosisInput } from "../records/diagnosis.ts";
import { severityOf, shareFor } from "./options.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface PutOptions {
  readonly file?: string;
  readonly fix?: string;
  readonly name?: string;
  readonly context?: string;
  readonly severity?: string;
  readonly confidence?: number;
  readonly json?: boolean;
}

/** The commands that add to what is known, or carry it elsewhere. */
export function addTelling({ program, runs }: KnowledgeCli): void {
  program
    .command("put")
    .description("store a diagnosis, or many from JSON or NDJSON")
    .argument("[message]", "the message of the error")
    .option("--name <name>", "class or code of the error")
    .option("--fix <text>", "what mended it")
    .option("--context <words>", "where it happened")
    .option("--severity <name>", "info, low, medium, high or critical", severityOf)
    .option("--confidence <share>", "how sure you are of the fix, 0 to 1", shareFor("--confidence"))
    .option("--file <path>", "diagnoses as JSON or NDJSON; - reads stdin")
    .option("--json", "print the answer as JSON")
    .action(runs(put));
  program
    .command("export")
    .description("write all diagnoses as NDJSON, JSON or Markdown")
    .option("--format <name>", "ndjson, json or markdown", "ndjson")
    .option("--out <path>", "to a file instead of stdout")
    .action(runs(exportAll));
}

async function put(
  place: Place,
  message: string | undefined,
  options: PutOptions,
): Promise<number> {
  const { knowledge, terminal, signal } = place;
  const inputs = await inputsOf(place, message, options);
  const items = await knowledge.storeMany(inputs, { signal });
  if (options.json) terminal.print(JSON.stringify(items, null, 2));
  for (const item of items) {
    if (item.status === "failed") terminal.warn(`diagnosis ${item.index + 1}: ${item.message}`);
    else if (!options.json) terminal.print(`${item.id}  ${item.status}`);
  }
  return items.some(({ status }) => status === "failed") ? EXIT.failed : EXIT.ok;
}

async function inputsOf(
  { process }: Place,
  message: string | undefined,
  { file, name, fix, context, severity, confidence }: PutOptions,
) {
  if (file === undefined) {
    if (message === undefined)
      throw usage(
        'Say what happened: trestle-knowledge put "pool timed out" --fix "…", or give --file.',
      );
    const error = { message, ...(name && { name }) };
    const rest = { ...(fix && { fix }), ...(context && { context }), severity, confidence };
    return [checked({ error, ...rest }, "The diagnosis")];
  }
  if (message !== undefined) throw usage("Give either a message or --file.");
  const text = await readText(
    file === "-" ? (process.stdin as never) : createReadStream(resolve(process.cwd(), file)),
  ).catch((error: unknown) => {
    throw usage(`${file} can not be read: ${messageOf(error)}.`);
  });
  return valuesIn(text, file).map((value, at) => checked(value, `Diagnosis ${at + 1} of ${file}`));
}

/** One JSON value, a list of them, or one on each line. */
function valuesIn(text: string, file: string): unknown[] {
  try {
    return [parseJson(text)].flat();
  } catch {
    const lines = text
      .split("\n")
      .flatMap((line, at) => (line.trim() === "" ? [] : [{ line, at }]));
    if (lines.length === 0) throw usage(`${file} is empty.`);
    return lines.map(({ line, at }) => {
      try {
        return parseJson(line);
      } catch (error) {
        throw usage(
          `Line ${at + 1} of ${file} is no JSON: ${messageOf(error)}. Nothing was stored.`,
        );
      }
    });
  }
}

/** What an export holds besides is left out: a stored copy gets an id and a time of its own. */
const lenientInput = diagnosisInput
  .extend({ error: z.object(diagnosisInput.shape.error.shape) })
  .strip();

function checked(value: unknown, what: string) {
  const parsed = lenientInput.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "it"}: ${message}`,
  );
  throw usage(`${what} is no diagnosis: ${faults.join("; ")}. Nothing was stored.`);
}

async function exportAll(
  place: Place,
  { format, out }: { format: string; out?: string },
): Promise<number> {
  const { knowledge, terminal, process, signal } = place;
  if (!isFormat(format)) throw usage(`--format must be ndjson, json or markdown, not "${format}".`);
  let damaged = 0;
  const pieces = knowledge.export({
    ...{ format, signal },
    onDamaged(id, message) {
      damaged += 1;
      terminal.warn(`${id} is left out: ${message}`);
    },
  });
  if (out === undefined) for await (const piece of pieces) process.stdout.write(piece);
  else await writeWhole(resolve(process.cwd(), out), pieces);
  return damaged > 0 ? EXIT.failed : EXIT.ok;
}

function isFormat(text: string): text is ExportFormat {
  return ["json", "ndjson", "markdown"].includes(text);
}

function usage(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
