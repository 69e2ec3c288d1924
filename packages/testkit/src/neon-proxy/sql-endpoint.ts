import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import pg from "pg";

interface Asked {
  readonly query: string;
  readonly params?: unknown[];
}

interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What Neon answers to a request whose rows are more than this. */
const MAX_RESPONSE_BYTES = 67_108_864;
const TOO_LARGE = `response is too large (max is ${MAX_RESPONSE_BYTES} bytes)`;

const FACTS = [
  "message",
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "where",
  "schema",
  "table",
  "column",
  "constraint",
  "routine",
] as const;

/** `POST /sql`: one statement, or several in one transaction, as Neon's documented headers say. */
export async function answerSql(
  request: IncomingMessage,
  allow: readonly string[],
): Promise<HttpAnswer> {
  try {
    const url = String(request.headers["neon-connection-string"] ?? "");
    if (!allow.includes(addressOf(url))) return { status: 403, body: { message: "not allowed" } };
    const body = JSON.parse(await text(request)) as Asked & { readonly queries?: Asked[] };
    const results = await run(url, body.queries ?? [body], request);
    if (sizeOf(results) > MAX_RESPONSE_BYTES) return { status: 507, body: { message: TOO_LARGE } };
    return { status: 200, body: body.queries ? { results } : results[0] };
  } catch (error) {
    const facts = Object.fromEntries(
      FACTS.map((name) => [name, (error as Record<string, unknown>)[name]]),
    );
    return { status: 400, body: facts };
  }
}

async function run(url: string, queries: readonly Asked[], { headers }: IncomingMessage) {
  const client = new pg.Client({ connectionString: url, ssl: false });
  await client.connect();
  try {
    const isBatch = queries.length > 1 || headers["neon-batch-read-only"] !== undefined;
    if (isBatch) await client.query(beginOf(headers));
    const results = [];
    for (const { query, params = [] } of queries) results.push(await runOne(client, query, params));
    if (isBatch) await client.query("COMMIT");
    return results;
  } finally {
    await client.end();
  }
}

async function runOne(client: pg.Client, sql: string, params: unknown[]) {
  const result = await client.query<(string | null)[]>({
    text: sql,
    values: params,
    rowMode: "array",
    queryMode: "extended",
    types: { getTypeParser: () => (value: string) => value },
  } as pg.QueryArrayConfig);
  const { fields, rows, rowCount, command } = result;
  return { fields, rows, rowCount, command, rowAsArray: true };
}

function sizeOf(results: readonly { readonly rows: readonly (string | null)[][] }[]): number {
  let bytes = 0;
  for (const { rows } of results)
    for (const value of rows.flat()) bytes += value === null ? 0 : Buffer.byteLength(value);
  return bytes;
}

function beginOf(headers: IncomingMessage["headers"]): string {
  const level = headers["neon-batch-isolation-level"];
  const levels: Record<string, string> = {
    ReadUncommitted: "READ UNCOMMITTED",
    ReadCommitted: "READ COMMITTED",
    RepeatableRead: "REPEATABLE READ",
    Serializable: "SERIALIZABLE",
  };
  const isolation = levels[String(level)];
  const readOnly = headers["neon-batch-read-only"] === "true";
  return `BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ""}${readOnly ? " READ ONLY" : ""}`;
}

function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || "5432"}`;
}
