import { createGuard } from "./guard.ts";

/** How an accepted statement has to be run: rows through a cursor, or all at once. */
export type ReadKind = "rows" | "report";

const guard = createGuard({ mode: "read-only" });

/** For a database that is only read, whatever its operator set. */
export async function checkReadOnly(sql: string): Promise<ReadKind> {
  const { kind } = await guard.checkRead(sql);
  return kind === "rows" ? "rows" : "report";
}
