import { extname } from "node:path";
import { TrestleError } from "@trestle/protocol";

/** How rows stand in a file: a table with a header, one JSON array, or one JSON object a line. */
export const FORMATS = ["csv", "json", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

const ENDINGS: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
};

/** What was asked for, or what the file's ending says. Throws `invalid_input` where neither does. */
export function formatOf(file: string | undefined, asked?: Format): Format {
  if (asked !== undefined) return asked;
  const format = ENDINGS[extname(file ?? "").toLowerCase()];
  if (format !== undefined) return format;
  throw new TrestleError(
    "invalid_input",
    `The format is not clear from "${file ?? ""}": pass format (${FORMATS.join(", ")}), or end the file's name in .csv, .json or .ndjson.`,
  );
}

/** What stands between the cells of a CSV file: a tab where its name says so, else a comma. */
export function delimiterOf(file: string | undefined, asked?: string): string {
  return asked ?? (extname(file ?? "").toLowerCase() === ".tsv" ? "\t" : ",");
}
