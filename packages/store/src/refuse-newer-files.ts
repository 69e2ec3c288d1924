import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isTrestleError } from "@trestle/protocol";
import { requireKnownSchema } from "./migrations.ts";

export interface KnownFile {
  readonly file: string;
  /** The newest schema that this program knows. */
  readonly known: number;
}

/**
 * Throws `unsupported` where one of the files has a schema that is newer than known. Nothing is written, made or
 * migrated: whoever opens several files looks at all of them first, and leaves all of them as they are.
 */
export function refuseNewerFiles(files: readonly KnownFile[]): void {
  for (const { file, known } of files) {
    if (!existsSync(file)) continue;
    try {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        requireKnownSchema(database, file, known);
      } finally {
        database.close();
      }
    } catch (error) {
      // Whatever else is wrong with it is said where it is opened.
      if (isTrestleError(error)) throw error;
    }
  }
}
