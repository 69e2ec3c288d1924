import type { SeededRandom } from "@trestle/testkit/surroundings";

/** A text rewritten so that Postgres reads the same: what stands in quotes or comments stays whole. */
type Rewrite = (sql: string, random: SeededRandom) => string;

/** Tokens that need not be understood: quoted texts, quoted names, dollar quotes, comments, words, the rest. */
const TOKEN =
  /(\s+|--[^\n]*\n?|\/\*(?:[^*]|\*(?!\/))*\*\/|[eEuU]&?'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|[uU]&"(?:[^"]|"")*"|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\2\$|[A-Za-z_]\w*|\d+(?:\.\d+)?|.)/gy;

function tokens(sql: string): string[] {
  return [...sql.matchAll(TOKEN)].map(([text]) => text);
}

const isWord = (text: string) => /^[A-Za-z_]\w*$/.test(text);
const isSpace = (text: string) => /^\s+$/.test(text);
const eachToken = (sql: string, change: (token: string, next: string) => string) => {
  const all = tokens(sql);
  return all.map((token, at) => change(token, all[at + 1] ?? "")).join("");
};

const swapCase: Rewrite = (sql, random) =>
  eachToken(sql, (token) =>
    isWord(token)
      ? [...token]
          .map((letter) => (random.below(2) ? letter.toUpperCase() : letter.toLowerCase()))
          .join("")
      : token,
  );

const COMMENTS = [
  "/**/",
  "/* ; */",
  "/* /* nested */ -- */",
  "--\n",
  "-- SELECT 1;\n",
  "\t",
  "\f",
  "\r\n",
];

const comments: Rewrite = (sql, random) =>
  eachToken(sql, (token) => (isSpace(token) ? ` ${random.pick(COMMENTS)} ` : token));

/** Function names, quoted or spelt in numbers. */
const names =
  (spell: (name: string, random: SeededRandom) => string): Rewrite =>
  (sql, random) =>
    eachToken(sql, (token, next) =>
      /^(pg_|lo_|nextval|setval|set_config|query_to|dblink|ts_stat|sneaky)/.test(token) &&
      next === "("
        ? spell(token, random)
        : token,
    );

const quoted = names((name) => `"${name}"`);
const unicode = names(
  (name) =>
    `U&"${[...name].map((letter) => `\\${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`,
);
const longUnicode = names((name, random) => {
  const at = random.below(name.length);
  return `U&"${name.slice(0, at)}\\+${name.charCodeAt(at).toString(16).padStart(6, "0")}${name.slice(at + 1)}"`;
});
const bySchema = names((name) =>
  /^(pg_|lo_|next|set|query|ts_)/.test(name) && !/^pg_file/.test(name)
    ? `pg_catalog.${name}`
    : name,
);

/** Texts as E'', in dollars, with a cast, in two parts. */
const texts: Rewrite = (sql, random) =>
  eachToken(sql, (token) => {
    if (!/^'([^'\\]*)'$/.test(token)) return token;
    const plain = token.slice(1, -1);
    const forms = [
      `E'${plain}'`,
      `$q${random.below(9)}$${plain}$q$`.replace(/\$q(\d)\$([\s\S]*)\$q\$$/, "$q$1$$$2$q$1$$"),
      `U&'${plain}'`,
      `'${plain.slice(0, 2)}'\n'${plain.slice(2)}'`,
    ];
    return random.pick(forms);
  });

/** A query inside a query; only for what is a query. */
const SHELLS: readonly ((query: string) => string)[] = [
  (query) => `(${query})`,
  (query) => `((${query}))`,
  (query) => `SELECT * FROM (${query}) nested`,
  (query) => `WITH nested AS MATERIALIZED (${query}) SELECT * FROM nested`,
  (query) => `WITH RECURSIVE nested AS (${query}) TABLE nested`,
  (query) => `SELECT count(*), (SELECT 1) FROM (SELECT nested.* FROM (${query}) nested OFFSET 0) n`,
  (query) => `SELECT 1 WHERE EXISTS (${query})`,
  (query) => `SELECT ARRAY(SELECT row_to_json(nested)::text FROM (${query}) nested)`,
  (query) => `SELECT (SELECT string_agg(nested::text, ',') FROM (${query}) nested)`,
  (query) => `SELECT * FROM (VALUES (1)) v, LATERAL (${query}) nested`,
  (query) => `SELECT 1 ORDER BY (SELECT count(*) FROM (${query} OFFSET 0) nested)`,
  (query) => `VALUES ((SELECT string_agg(nested::text, ',') FROM (${query}) nested))`,
  (query) => `SELECT * FROM (${query}) a FULL JOIN (SELECT 1) b ON true`,
  (query) => `EXPLAIN ANALYZE ${query}`,
  (query) => `EXPLAIN (VERBOSE, FORMAT json, ANALYZE) ${query}`,
];

const nest: Rewrite = (sql, random) =>
  /^\s*(SELECT|VALUES|TABLE)\b/i.test(sql) && !/\bINTO\b|;/i.test(sql)
    ? random.pick(SHELLS)(sql)
    : sql;

const around: Rewrite = (sql, random) =>
  random.pick([
    `${sql};`,
    `;${sql}`,
    `;;\n${sql};;`,
    `-- ?\n${sql}`,
    `/* $1 */${sql}/* $2 */`,
    `\uFEFF${sql}`.slice(1),
    `${sql} -- ;`,
  ]);

const REWRITES: readonly Rewrite[] = [
  swapCase,
  comments,
  quoted,
  unicode,
  longUnicode,
  bySchema,
  texts,
  nest,
  nest,
  around,
];

/** One of the many other spellings of a statement. */
export function mutate(sql: string, random: SeededRandom): string {
  let text = sql;
  for (let times = 1 + random.below(3); times > 0; times -= 1)
    text = random.pick(REWRITES)(text, random);
  return text;
}
