import { join } from "node:path";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { readWhole, replaceFile } from "./atomic-file.ts";

/** What hosts had before the bridge took the place of their servers, kept until it is given back. */

const recordSchema = z.object({
  host: z.string(),
  file: z.string(),
  /** The file was not there, and we made it. */
  created: z.boolean().optional(),
  section: z.array(z.string()),
  /** The characters that stood there, and those that we put there: a section of JSON, a whole file of TOML. */
  before: z.string(),
  after: z.string(),
  /** The entries that were taken away, by name. */
  entries: z.record(z.string(), z.unknown()),
  /** The name of the bridge's own entry, if that was ours. */
  bridge: z.string().optional(),
  /** Written down and maybe not done: the process may have ended between the two. */
  pending: z.boolean().optional(),
});

export type OriginalRecord = Omit<z.infer<typeof recordSchema>, "entries"> & {
  readonly entries: JsonObject;
};

const fileSchema = z.object({ version: z.literal(1), records: z.array(recordSchema) });

export interface Originals {
  readonly path: string;
  /** In the order in which they were taken. */
  readonly records: readonly OriginalRecord[];
  /** On the disk when it returns. */
  write(records: readonly OriginalRecord[]): void;
}

export function openOriginals(folder: string): Originals {
  const path = join(folder, "hosts.json");
  let text = readWhole(path);
  return {
    path,
    records: text === undefined ? [] : parseRecords(text, path),
    write(records) {
      const next = `${JSON.stringify({ version: 1, records }, null, 2)}\n`;
      replaceFile(path, text, next);
      text = next;
    },
  };
}

function parseRecords(text: string, path: string): OriginalRecord[] {
  try {
    return fileSchema.parse(JSON.parse(text)).records as OriginalRecord[];
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `${path}: is no record of what hosts had; move it away to go on without it.`,
      { cause: error },
    );
  }
}
