import type { PGlite } from "@electric-sql/pglite";
import type { ReadKind } from "../guard/read-only.ts";
import { createPage, type Page } from "./page.ts";
import { createColumnTypes } from "./pglite-column-types.ts";
import type { QueryJob, RawPage } from "./wire.ts";

const CURSOR_PREFIX = "DECLARE trestle_page NO SCROLL CURSOR FOR ";

/**
 * SELECT 1 takes a snapshot: from then on the transaction can not be made a writing one. The settings
 * make the server read the text as the parser did, print values in the forms that we read, and not fill the disk
 * with what a query sets aside.
 */
const BEGIN = `BEGIN TRANSACTION READ ONLY;
SET LOCAL standard_conforming_strings = on;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL temp_file_limit = '512MB';
SELECT 1`;

export interface Answer {
  readonly fields: { name: string; dataTypeID: number }[];
  readonly rows: (string | null)[][];
}

export interface Reader {
  read(job: QueryJob, kind: ReadKind): Promise<RawPage>;
  /** After anything that may have changed a type. */
  forgetTypes(): void;
}

/** Reads pages from an open PGlite, each in a read-only transaction of its own. */
export function createReader(database: PGlite): Reader {
  keepTexts(database);
  const types = createColumnTypes(run);

  async function read(job: QueryJob, kind: ReadKind): Promise<RawPage> {
    await database.exec(BEGIN);
    try {
      const page = createPage(job);
      const { fields } = await (kind === "rows" ? readRows(job, page) : readReport(job, page));
      return { columns: await types.describe(fields), rows: page.rows, more: page.more };
    } finally {
      await database.exec("ROLLBACK");
    }
  }

  /** A cursor, so that a page costs a page and not the whole result. */
  async function readRows(job: QueryJob, page: Page): Promise<Answer> {
    await declare(job).catch(countFromCallersText);
    if (job.offset > 0) await run(`MOVE FORWARD ${job.offset} IN trestle_page`);
    for (;;) {
      const wanted = page.wanted();
      const answer = await run(`FETCH ${wanted} FROM trestle_page`);
      page.add(answer.rows);
      if (answer.rows.length < wanted || page.wanted() === 0) return answer;
    }
  }

  function declare(job: QueryJob): Promise<Answer> {
    return run(CURSOR_PREFIX + job.sql, job.params);
  }

  /** SHOW and EXPLAIN can not have a cursor; they are short. */
  async function readReport(job: QueryJob, page: Page): Promise<Answer> {
    const answer = await run(job.sql, job.params);
    page.add(answer.rows.slice(job.offset));
    return answer;
  }

  /** The extended protocol, which takes one statement and no more. */
  async function run(sql: string, params: readonly unknown[] = []): Promise<Answer> {
    return database.query(sql, [...params], { rowMode: "array" }) as Promise<Answer>;
  }

  return { read, forgetTypes: types.forget };
}

/** Values come as the server prints them, and texts go to the server as they are. */
function keepTexts(database: PGlite): void {
  for (const oid of Object.keys(database.parsers)) database.parsers[oid] = (text) => text;
  for (const [oid, serialize] of Object.entries(database.serializers))
    database.serializers[oid] = (value) => (typeof value === "string" ? value : serialize(value));
}

/** Postgres counts the position of an error from the start of what it was sent. */
function countFromCallersText(error: unknown): never {
  if (error instanceof Error && "position" in error && error.position !== undefined)
    error.position = String(Number(error.position) - CURSOR_PREFIX.length);
  throw error;
}
