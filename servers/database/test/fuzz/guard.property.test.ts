import { isTrestleError } from "@trestle/protocol";
import { fc, fuzz, readFindings } from "@trestle/testkit/fuzz";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuard, type Guard, type GuardRules } from "../../src/guard/guard.ts";
import { openOwnEmbedded, openOwnLocal } from "../../src/postgres/_databases.ts";
import { statements, TABLES } from "./_statements.ts";

interface Finding {
  /** What went wrong with it, or might. */
  readonly why: string;
  readonly sql: string;
  /** Puts the text `times` into itself, in the place of `{}`. */
  readonly times?: number;
}

const findings = readFindings<Finding>(new URL("guard/", import.meta.url)).map(textOf);
const LISTS: Omit<GuardRules, "mode"> = {
  denyTables: ["tree"],
  denyColumns: ["secret.id"],
  maskColumns: ["*.word"],
};
/** Each lets pass no more than the one behind it. */
const GUARDS: readonly GuardRules[] = [
  { mode: "read-only", strict: true, ...LISTS },
  { mode: "read-only", strict: true },
  { mode: "read-only" },
  { mode: "read-write" },
  { mode: "admin" },
];

/** What somebody may do to a text: cut it, put something in, double a part of it. */
const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 12 }),
    put: fc.oneof(
      fc.constant(""),
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom(
        ...["'", '"', "$$", "$a$", "\\", "--", "/*", "*/", ";", "(", ")", "E'", 'U&"', "\0", "::"],
        ...[
          "\u00a0",
          "\ufeff",
          "\ud800",
          "﹣",
          "ſelect",
          " INTO x ",
          " FOR UPDATE ",
          "||",
          "1e999",
        ],
      ),
    ),
  }),
  { maxLength: 4 },
);
const texts = fc
  .tuple(
    fc.oneof({ arbitrary: statements, weight: 8 }, { arbitrary: fc.string(), weight: 1 }),
    edits,
  )
  .map(([text, all]) => all.reduce(edited, text));

describe("any text", () => {
  test("is let pass or refused in words, by a narrower guard not where a wider one refuses", async () => {
    await fuzz(texts, { corpus: findings, runs: 400 }, async (sql) => {
      const verdicts: (string | undefined)[] = [];
      for (const rules of GUARDS) verdicts.push(await refusalOf(createGuard(rules), sql));
      const passes = verdicts.map((refusal) => refusal === undefined);
      expect([sql, passes]).toEqual([sql, passes.toSorted((a, b) => Number(a) - Number(b))]);
    });
  });

  test("leaves the parser as it was, however deep it is nested", async () => {
    const shells = fc.constantFrom(
      ...[
        "({})",
        "SELECT ({})",
        "SELECT * FROM ({}) a",
        "NOT {}",
        "ARRAY[{}]",
        "f({})",
        "CASE WHEN {} THEN 1 END",
      ],
    );
    const depths = fc.oneof(fc.nat({ max: 400 }), fc.constantFrom(2_000, 20_000, 60_000));
    const deep = fc.tuple(shells, depths).map(([sql, times]) => textOf({ why: "", sql, times }));
    await fuzz(deep, { corpus: [], runs: 15 }, async (sql) => {
      await refusalOf(createGuard({ mode: "read-only" }), `SELECT ${sql}`);
      const guard = createGuard({ mode: "read-only" });
      expect(await refusalOf(guard, "SELECT count(*) FROM secret WHERE (id = 1)")).toBeUndefined();
      expect(await refusalOf(guard, "WITH a AS (DELETE FROM secret) SELECT 1")).toBe("denied");
    });
  });
});

const openers = (await hasLocalPostgres())
  ? { "a server": openOnServer, "the embedded Postgres": openEmbedded }
  : { "the embedded Postgres": openEmbedded };

describe.each(Object.entries(openers))("beside %s", (_name, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine?.close());

  test("what the guard lets pass is no write to a transaction that only reads", async () => {
    const counts = { drawn: 0, passed: 0, answered: 0 };
    await fuzz(statements, { corpus: findings, runs: 400 }, async (sql) => {
      const guard = createGuard({ mode: "read-only" });
      counts.drawn += 1;
      if ((await refusalOf(guard, sql)) !== undefined) return;
      counts.passed += 1;
      const failure = await engine.readOnly(sql);
      if (failure === undefined) counts.answered += 1;
      expect(failure, sql).not.toBe(READ_ONLY_TRANSACTION);
    });
    process.stderr.write(`${JSON.stringify(counts)}\n`);
    expect(counts.answered).toBeGreaterThan(0);
    expect(counts.passed).toBeLessThan(counts.drawn);
  });
});

/** What Postgres says where a transaction that only reads is to write. */
const READ_ONLY_TRANSACTION = "25006";

interface Engine {
  /** Runs one statement; the code of its failure, if it has one. */
  readOnly(sql: string): Promise<string | undefined>;
  close(): Promise<void>;
}

async function openOnServer(): Promise<Engine> {
  const database = await openOwnLocal(createGuard({ mode: "admin" }));
  await database.script(TABLES);
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query("SET statement_timeout = '2s'");
  return {
    readOnly: (sql) => tried(client, sql),
    async close() {
      await client.end();
      await database.close();
    },
  };
}

async function openEmbedded(): Promise<Engine> {
  const database = await openOwnEmbedded(createGuard({ mode: "admin" }));
  await database.script(TABLES);
  return {
    readOnly: (sql) => database.session(({ client }) => tried(client, sql)),
    close: () => database.close(),
  };
}

async function tried(client: pg.ClientBase, sql: string): Promise<string | undefined> {
  const query = { text: sql, values: [], queryMode: "extended" };
  await client.query("BEGIN TRANSACTION READ ONLY");
  try {
    await client.query(query);
    return undefined;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  } finally {
    await client.query("ROLLBACK");
  }
}

/** The code of the refusal; undefined for what passes. Whatever else is thrown fails the test. */
async function refusalOf(guard: Guard, sql: string): Promise<string | undefined> {
  try {
    await guard.check(sql);
    return undefined;
  } catch (error) {
    if (!isTrestleError(error)) throw error;
    expect([sql, error.code]).toEqual([sql, expect.stringMatching(/^(invalid_input|denied)$/)]);
    return error.code;
  }
}

function edited(text: string, { at, length, put }: { at: number; length: number; put: string }) {
  const from = Math.round(at * text.length);
  return text.slice(0, from) + put + text.slice(from + length);
}

function textOf({ sql, times = 1 }: Finding): string {
  const [before = "", after] = sql.split("{}");
  return after === undefined ? sql : `${before.repeat(times)}1${after.repeat(times)}`;
}
