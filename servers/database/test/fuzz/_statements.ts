import { fc } from "@trestle/testkit/fuzz";

/** What the statements are about. */
export const TABLES = `
  CREATE TABLE secret (id int PRIMARY KEY, word text);
  INSERT INTO secret VALUES (1, 'one'), (2, 'two');
  CREATE TABLE tree (id int, parent int, name text);
  CREATE SEQUENCE counter;
  CREATE VIEW words AS SELECT word FROM secret;
  CREATE MATERIALIZED VIEW many AS SELECT count(*) AS n FROM secret;
  CREATE TYPE mood AS ENUM ('glad', 'sad');
`;

type Text = fc.Arbitrary<string>;

/** A text with something of each arbitrary in its holes. */
function say(parts: TemplateStringsArray, ...holes: readonly Text[]): Text {
  return fc.tuple(...holes).map((words) => String.raw({ raw: parts }, ...words));
}

const oneOf = (...words: readonly string[]): Text => fc.constantFrom(...words);

const explain = oneOf(
  ...["", "ANALYZE", "VERBOSE", "ANALYZE VERBOSE", "(ANALYZE)", "(ANALYZE off)", "(ANALYZE 'on')"],
  ...["(ANALYZE 0)", "(ANALYZE 1, COSTS off)", "(FORMAT json, ANALYZE true)", '("analyze")'],
  ...["(ANALYZE false, ANALYZE)", "(GENERIC_PLAN)", "(ANALYZE, TIMING off, SUMMARY off)"],
);

/** Statements of Postgres' grammar, reads and writes at every place that either may stand at. */
export const statements: Text = fc.letrec<{
  expression: string;
  source: string;
  query: string;
  write: string;
  statement: string;
}>((tie) => {
  const [expression, source, query] = [tie("expression"), tie("source"), tie("query")];
  const body = fc.oneof({ arbitrary: query, weight: 8 }, { arbitrary: tie("write"), weight: 1 });
  const nested = { maxDepth: 4, withCrossShrink: true };
  const columns = oneOf("*", "1", "id", "word", "count(*)", "secret.*", "DISTINCT word", "");
  const list = fc.oneof(columns, say`${expression} AS a`, say`${expression}, ${columns}`);
  const cte = say`WITH ${oneOf("", "RECURSIVE ")}a AS ${oneOf("", "MATERIALIZED ", "NOT MATERIALIZED ")}(${body})`;
  return {
    expression: fc.oneof(
      nested,
      {
        arbitrary: oneOf(
          ...["1", "'x'", "NULL", "id", "word", "now()", "row(1, 2)", "$$a$$", "U&'\\0061'", "$1"],
          ...[
            "txid_current()",
            "s",
            "a",
            "(SELECT 1)",
            "ARRAY[1, 2]",
            "current_setting('a', true)",
          ],
        ),
        weight: 8,
      },
      oneOf(
        ...["nextval('counter')", "pg_catalog.setval('counter', 9)", `"nextval"('counter')`],
        ...["('counter'::regclass).nextval", "lo_creat(-1)", "lo_unlink(1)", "lastval()"],
        ...["pg_notify('a', '')", `U&"\\006eextval"('counter')`, "pg_advisory_lock(1)"],
      ),
      say`(${query})`,
      say`EXISTS (${query})`,
      say`ARRAY(${query})`,
      say`${expression} = ANY (${query})`,
      say`CASE WHEN ${expression} IS NULL THEN ${expression} END`,
      say`coalesce(${expression}, ${expression})`,
      say`count(${expression}) FILTER (WHERE ${expression} IS NULL) OVER (ORDER BY ${expression})`,
      say`CAST(${expression} AS text)`,
    ),
    source: fc.oneof(
      nested,
      { arbitrary: oneOf("secret", "secret s", "(VALUES (1, 'a')) v(id, word)"), weight: 4 },
      oneOf("secret", "ONLY secret s", "tree", "words", "many", "a", "public.secret"),
      oneOf("secret TABLESAMPLE system (50)", "generate_series(1, 3) g", "counter"),
      say`(${query}) b`,
      say`LATERAL (${query}) c`,
      say`${source} CROSS JOIN ${source}`,
      say`${source} d LEFT JOIN ${source} e ON ${expression} IS NULL`,
      say`ROWS FROM (generate_series(1, 2), nextval('counter')) f`,
    ),
    query: fc.oneof(
      nested,
      { arbitrary: say`SELECT ${list} FROM ${source}${tail(expression)}`, weight: 6 },
      say`SELECT ${list} INTO ${oneOf("", "TEMP ", "TABLE ", "UNLOGGED ")}loot FROM ${source}`,
      { arbitrary: say`SELECT ${list}`, weight: 2 },
      say`VALUES (${expression}), (${expression})`,
      say`TABLE ${oneOf("secret", "words", "a")}`,
      say`${cte} ${query}`,
      say`(${query})`,
      say`${query} ${oneOf("UNION ALL", "UNION", "EXCEPT", "INTERSECT")} ${query}`,
    ),
    write: writes({ expression, source, query, cte }),
    statement: fc.oneof(
      { arbitrary: body, weight: 5 },
      { arbitrary: say`EXPLAIN ${explain} ${body}`, weight: 2 },
      { arbitrary: say`EXPLAIN ${explain} CREATE TABLE loot AS ${query}`, weight: 1 },
      { arbitrary: utility(body, query), weight: 2 },
    ),
  };
}).statement;

function tail(expression: Text): Text {
  return fc.oneof(
    { arbitrary: oneOf("", " LIMIT 2", " ORDER BY 1"), weight: 5 },
    oneOf(" FOR UPDATE", " FOR SHARE OF secret SKIP LOCKED", " LIMIT 1 FOR KEY SHARE NOWAIT"),
    say` WHERE ${expression} IS NOT NULL`,
    say` GROUP BY ${expression} HAVING ${expression} IS NULL`,
    say` ORDER BY ${expression} LIMIT 1 OFFSET 1`,
    oneOf(" FETCH FIRST 1 ROW WITH TIES", " WINDOW w AS (ORDER BY 1)", ";", " -- ;", ";;"),
  );
}

function writes({ expression, source, query, cte }: Readonly<Record<string, Text>> & Parts): Text {
  const back = fc.oneof(oneOf("", " RETURNING *"), say` RETURNING ${expression}`);
  return fc.oneof(
    say`INSERT INTO secret VALUES (9, ${expression})${back}`,
    say`INSERT INTO secret ${query} ON CONFLICT DO NOTHING${back}`,
    say`INSERT INTO tree DEFAULT VALUES${back}`,
    say`UPDATE secret SET word = ${expression} WHERE ${expression} IS NULL${back}`,
    say`UPDATE secret SET (word, id) = (${query}) FROM ${source}${back}`,
    say`DELETE FROM secret USING ${source} WHERE ${expression} IS NULL${back}`,
    say`MERGE INTO secret USING ${source} ON ${expression} IS NULL WHEN MATCHED THEN DELETE`,
    say`${cte} DELETE FROM secret${back}`,
  );
}

interface Parts {
  readonly expression: Text;
  readonly source: Text;
  readonly query: Text;
  readonly cte: Text;
}

function utility(body: Text, query: Text): Text {
  return fc.oneof(
    say`CREATE ${oneOf("", "TEMP ", "UNLOGGED ")}TABLE loot AS ${query}`,
    say`CREATE ${oneOf("", "OR REPLACE ", "TEMP ", "RECURSIVE ")}VIEW loot (a) AS ${query}`,
    say`CREATE MATERIALIZED VIEW loot AS ${query}`,
    say`CREATE RULE loot AS ON SELECT TO tree DO INSTEAD ${body}`,
    say`PREPARE p AS ${body}`,
    say`DECLARE c CURSOR WITH HOLD FOR ${query}`,
    say`COPY (${body}) TO STDOUT`,
    oneOf(
      ...["TRUNCATE secret", "DROP TABLE tree", "ALTER TABLE tree ADD b int", "ANALYZE secret"],
      ...["LOCK TABLE secret", "REFRESH MATERIALIZED VIEW many", "VACUUM secret", "CHECKPOINT"],
      ...["COMMENT ON TABLE tree IS 'a'", "GRANT SELECT ON tree TO PUBLIC", "REINDEX TABLE tree"],
      ...["CREATE INDEX ON tree (id)", "ALTER TYPE mood ADD VALUE 'odd'", "CLUSTER secret"],
      ...["DO $$ BEGIN DELETE FROM secret; END $$", "CALL p()", "EXECUTE p", "FETCH c", "CLOSE c"],
      ...["COMMIT", "BEGIN", "SET TRANSACTION READ WRITE", "SET work_mem = '1MB'", "RESET ALL"],
      ...["NOTIFY a", "LISTEN a", "DISCARD ALL", "SHOW work_mem", "SHOW ALL", "TABLE secret"],
      ...["REASSIGN OWNED BY postgres TO postgres", "SECURITY LABEL ON TABLE tree IS 'a'"],
    ),
  );
}
