import { existsSync } from "node:fs";
import { type OpenSqliteOptions, openReader, openSqlite, type Sqlite } from "./sqlite.ts";

/** A SQLite file that is read now and then and seldom written. */
export type QuietSqlite = Pick<Sqlite, "write" | "read" | "close">;

/**
 * As `openSqlite`, without what only a writer needs: its thread, and the file itself, come with the first
 * write. While there is no file every read finds no rows at all. A file of an older schema is migrated
 * at once; a newer one throws `unsupported`.
 */
export async function openQuietSqlite(options: OpenSqliteOptions): Promise<QuietSqlite> {
  const { file, migrations } = options;
  let opening: Promise<Sqlite> | undefined;
  let reader: ReturnType<typeof openReader> | undefined;

  function openWriter(): Promise<Sqlite> {
    opening ??= openSqlite(options).catch((error: unknown) => {
      opening = undefined; // the next write tries again
      throw error;
    });
    return opening;
  }

  /** Undefined until the file is there with all its tables, whoever made it. */
  function findReader(): typeof reader {
    if (reader || !existsSync(file)) return reader;
    const found = openReader(file);
    if (found.read("PRAGMA user_version")[0]?.user_version === migrations.length) reader = found;
    else found.close();
    return reader;
  }

  if (existsSync(file) && !findReader()) await openWriter();

  return {
    write: async (statements) => (await openWriter()).write(statements),
    read: (sql, params) => findReader()?.read(sql, params) ?? [],
    async close() {
      reader?.close();
      await (await opening)?.close();
    },
  };
}
