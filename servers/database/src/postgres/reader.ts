import type { JsonValue } from "@trestle/protocol";
import type { Answer, Connection } from "../drivers/driver.ts";
import type { ColumnTypes } from "./column-types.ts";
import { createPage } from "./page.ts";
import type { RawPage } from "./wire.ts";

export interface PageRequest {
  readonly sql: string;
  readonly params: readonly JsonValue[];
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly offset: number;
}

export interface ReadPage {
  readonly raw: RawPage;
  readonly last: Pick<Answer, "command" | "rowCount">;
}

/** One page of what a statement answers; inside a transaction. What is beyond the page is not asked for. */
export async function readPage(
  connection: Connection,
  types: ColumnTypes,
  request: PageRequest,
): Promise<ReadPage> {
  const page = createPage(request);
  const portal = connection.open(request.sql, request.params);
  if (request.offset > 0) await portal.skip(request.offset);
  for (;;) {
    const wanted = page.wanted();
    const batch = await portal.take(wanted);
    page.add(batch.rows);
    if (!batch.done && page.wanted() > 0) continue;
    const columns = await types.describe(connection, batch.fields);
    return { raw: { columns, rows: page.rows, more: page.more }, last: batch };
  }
}

/** The same for a statement that writes: it runs to its end, whatever is shown of its rows. */
export async function readAll(
  connection: Connection,
  types: ColumnTypes,
  request: Omit<PageRequest, "offset">,
): Promise<ReadPage> {
  const page = createPage(request);
  const portal = connection.open(request.sql, request.params);
  let rows = 0;
  for (;;) {
    const batch = await portal.take(Math.max(page.wanted(), 1_000));
    rows += batch.rows.length;
    page.add(batch.rows);
    if (!batch.done) continue;
    const columns = await types.describe(connection, batch.fields);
    const counted = batch.rowCount === null ? null : Math.max(batch.rowCount, rows);
    const last = { command: batch.command, rowCount: counted };
    return { raw: { columns, rows: page.rows, more: page.more }, last };
  }
}
