import type { JsonValue } from "@trestle/protocol";
import type { Answer, Connection } from "../drivers/driver.ts";
import type { ColumnTypes } from "./column-types.ts";
import { isConnectionLost } from "./failures.ts";
import { createPage } from "./page.ts";
import { outcomeUnknown } from "./session.ts";
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
  readonly fields: Answer["fields"];
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
    const raw = { columns, rows: page.rows, more: page.more };
    return { raw, fields: batch.fields, last: batch };
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
    const raw = { columns, rows: page.rows, more: page.more };
    return { raw, fields: batch.fields, last };
  }
}

/**
 * For what wants to be outside any transaction: it can not be rolled back, and where the connection ends
 * nobody knows how far it came.
 */
export async function runAlone(
  connection: Connection,
  types: ColumnTypes,
  { sql, params }: PageRequest,
): Promise<ReadPage> {
  await connection.script("SET standard_conforming_strings = on; SET timezone = 'UTC'");
  try {
    const answer = await connection.run(sql, params);
    const columns = await types.describe(connection, answer.fields);
    const raw = { columns, rows: answer.rows, more: false };
    return { raw, fields: answer.fields, last: answer };
  } catch (error) {
    throw isConnectionLost(error) ? outcomeUnknown(error) : error;
  }
}
