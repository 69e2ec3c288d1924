import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import * as z from "zod";

/** What a backup says of itself, beside the files of the home. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Of the program that made it. */
  version: z.string(),
  created_at: z.iso.datetime(),
  files: z.array(
    z.strictObject({
      /** From the home, with slashes. */
      path: z.string().refine(isInside, "leads out of the home"),
      bytes: z.int(),
      sha256: z.string(),
      /** Of a SQLite file: how many migrations it has seen. */
      schema: z.int().optional(),
    }),
  ),
  /** Those without any file, which some programs want to find nevertheless. */
  folders: z.array(z.string().refine(isInside, "leads out of the home")),
  /** The configuration that it was made with; it lies in `config/`. */
  config: z.array(z.string().refine(isInside, "leads out of the backup")),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type BackedUpFile = Manifest["files"][number];

export const MANIFEST = "manifest.json";
/** Below a backup: the files of the home, and those of the configuration. */
export const HOME = "home";
export const CONFIG = "config";

export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const message = `${folder} is no backup: it has no ${MANIFEST}. Name the folder that \`trestle backup\` made.`;
    throw new TrestleError("not_found", message, { cause: error });
  }
  const parsed = manifestSchema.safeParse(toJson(text));
  if (parsed.success) return parsed.data;
  const message = `${path} is damaged, or of a newer Trestle. Take another backup, or that Trestle.`;
  throw new TrestleError("unsupported", message);
}

export async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** A backup from elsewhere must not name files of the rest of the machine. */
function isInside(path: string): boolean {
  return (
    path !== "" &&
    !path.includes("\\") &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
