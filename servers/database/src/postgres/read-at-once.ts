import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Answer, Driver, UseOptions } from "../drivers/driver.ts";
import type { Accepted } from "../guard/guard.ts";
import type { ColumnTypes } from "./column-types.ts";
import { createPage } from "./page.ts";
import type { PageRequest, ReadPage } from "./reader.ts";
import { settingsQuery } from "./session.ts";

const CURSOR = "trestle_page";
const DECLARE = `DECLARE ${CURSOR} NO SCROLL CURSOR FOR `;

/** One page in one request, where the driver has one for that and the statement can go by it; else undefined. */
export function readAtOnce(
  driver: Driver,
  types: ColumnTypes,
  { request, accepted, use }: { request: PageRequest; accepted: Accepted; use: UseOptions },
): Promise<ReadPage> | undefined {
  const { sql, params, maxRows, offset } = request;
  const isCursor = accepted.kind === "rows";
  const statements = [
    { sql: settingsQuery(use) },
    ...(isCursor ? [{ sql: DECLARE + sql, params }] : [{ sql, params }]),
    ...(isCursor && offset > 0 ? [{ sql: `MOVE FORWARD ${offset} IN ${CURSOR}` }] : []),
    ...(isCursor ? [{ sql: `FETCH ${maxRows + 1} FROM ${CURSOR}` }] : []),
  ];
  const answers = driver.readAtOnce?.(statements, use);
  return answers?.then(
    (all) => toPage(all.at(-1), isCursor ? 0 : offset),
    isCursor ? countFromCallersText : undefined,
  );

  async function toPage(answer: Answer | undefined, skip: number): Promise<ReadPage> {
    const { fields, rows, command, rowCount } = answer ?? NOTHING;
    const page = createPage(request);
    page.add(rows.slice(skip));
    const run = async (text: string, values: readonly unknown[] = []): Promise<Answer> =>
      (await driver.readAtOnce?.([{ sql: text, params: values }], use))?.at(-1) ?? NOTHING;
    const columns = await types.describe({ run }, fields);
    const last = { command: command === "FETCH" ? "SELECT" : command, rowCount };
    return { raw: { columns, rows: page.rows, more: page.more }, fields, last };
  }
}

const NOTHING: Answer = { fields: [], rows: [], command: "", rowCount: null };

/** Postgres counts the position of an error from the start of what it was sent. */
function countFromCallersText(error: unknown): never {
  if (!isTrestleError(error)) throw error;
  const { code, retryable, details = {} } = error;
  const message = error.message.replace(
    /\(at character (\d+)\)/,
    (_, at) => `(at character ${Number(at) - DECLARE.length})`,
  );
  throw new TrestleError(code, message, { retryable, details, cause: error.cause });
}
