import type { SeededRandom } from "@trestle/testkit/surroundings";

/** Two tables with something to hide, a child, a view that may be seen, and a table that has like-named columns. */
export const HIDING = `
  CREATE TABLE users (id int, name text, ssn text, pin text);
  CREATE TABLE users_old (left_on date) INHERITS (users);
  CREATE TABLE orders (id int, user_id int, name text, note text);
  CREATE TABLE pins (id int, pin text, ssn text);
  CREATE SCHEMA private; CREATE TABLE private.orders (id int, note text); CREATE TABLE hidden (id int, note text);
  CREATE VIEW names AS SELECT id, name FROM users;
  CREATE EXTENSION IF NOT EXISTS hstore;
  INSERT INTO users VALUES (1, 'ana', '', ''), (2, 'bob', '', ''), (3, 'cid', NULL, NULL), (4, 'dee', '', '');
  INSERT INTO users_old VALUES (5, 'eve', '', '', '2026-01-01');
  INSERT INTO orders SELECT n, n % 5 + 1, 'o' || n, 'note' || n FROM generate_series(1, 8) n;
  INSERT INTO pins SELECT n, 'p' || n, 's' || n FROM generate_series(1, 5) n;
  INSERT INTO private.orders VALUES (1, ''); INSERT INTO hidden VALUES (1, '');
`;

/** Other values for all that is hidden; what is null stays so, since that may be known. */
export const SCRAMBLE: readonly string[] = [
  ["asc", "id % 3"],
  ["desc", "(7 - id) % 4"],
].map(
  ([way, rank]) => `
  UPDATE users SET ssn = CASE WHEN ssn IS NOT NULL THEN 'S-${way}-' || ${rank} END,
    pin = CASE WHEN pin IS NOT NULL THEN 'P-${way}-' || ${rank} END;
  UPDATE private.orders SET note = 'H-${way}'; UPDATE hidden SET note = 'H-${way}'`,
);

export const HIDDEN = /[SPH]-(asc|desc)/;

/** A table as FROM has it, and how its columns can be named: mostly rightly. */
const TABLES: readonly (readonly [string, ...string[]])[] = [
  ["users", "users.", "public.users."],
  ["users u", "u."],
  ["users AS x", "x."],
  ["public.users", "users.", "public.users."],
  ["users_old", "users_old."],
  ["ONLY users", "users."],
  ["orders", "orders."],
  ["orders o", "o."],
  ["names", "names."],
  ["pins", "pins."],
  ["private.orders", "orders."],
  ["hidden", "hidden."],
  ["users u(a, b, c, d)", "u."],
];
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  orders: ["id", "user_id", "name", "note", "*"],
  names: ["id", "name", "*"],
  pins: ["id", "pin", "ssn", "*"],
  users: ["id", "id", "id", "name", "name", "name", "ssn", "ssn", "pin", "*"],
};
const FUNCTIONS = [
  "upper",
  "length",
  "max",
  "min",
  "count",
  "count",
  "to_jsonb",
  "row_to_json",
  "md5",
  "coalesce",
  "concat",
  "json_agg",
  "array_agg",
  "hstore",
  "quote_literal",
];

interface Source {
  readonly text: string;
  /** Qualifiers with the columns behind them. */
  readonly names: readonly (readonly [qualifier: string, columns: readonly string[]])[];
}

/** Queries about those tables, most of which Postgres accepts: what a grammar makes with the seed. */
export function drawQuery(random: SeededRandom, depth = 0): string {
  const plain = select(random, depth);
  const shape = random.below(14);
  if (depth > 2) return plain;
  if (shape === 0) return `${plain} UNION ALL ${select(random, depth + 1)}`;
  if (shape === 1) return `WITH c AS (${drawQuery(random, depth + 1)}) SELECT * FROM c`;
  if (shape === 2)
    return `WITH users AS (SELECT id, name, note AS ssn, note AS pin FROM orders) ${plain}`;
  if (shape === 3) return `SELECT * FROM (${drawQuery(random, depth + 1)}) s`;
  if (shape === 4) return `EXPLAIN ${plain}`;
  if (shape === 5) return `SELECT count(*) FROM (${drawQuery(random, depth + 1)}) s`;
  if (shape === 6) return "TABLE users";
  if (shape === 7)
    return `WITH RECURSIVE c AS (SELECT * FROM users), users AS (SELECT 1 AS id) ${plain}`;
  return plain;
}

function select(random: SeededRandom, depth: number, outer: Source["names"] = []): string {
  const { text, names } = from(random, depth);
  const scope = [...names, ...names, ...outer];
  const many = (item: () => string) => Array.from({ length: 1 + random.below(3) }, item).join(", ");
  const maybe = (chance: number, part: () => string) => (random.below(chance) === 0 ? part() : "");
  const name = () => reference(random, scope);
  const target = () =>
    `${expression(random, depth, scope)}${maybe(5, () => ` AS ${random.pick(["ssn", "a", "name"])}`)}`;
  return [
    `SELECT ${maybe(12, () => "DISTINCT ")}${many(target)} FROM ${text}`,
    maybe(4, () => `WHERE ${condition(random, depth, scope)}`),
    maybe(12, () => `GROUP BY ${many(() => random.pick(["1", name()]))}`),
    maybe(6, () => `ORDER BY ${many(() => random.pick(["1", "2", "ssn", "a", name()]))}`),
    maybe(9, () => "LIMIT 2"),
  ]
    .filter(Boolean)
    .join(" ");
}

function table(random: SeededRandom, depth: number): Source {
  if (random.below(8) === 0 && depth < 2)
    return {
      text: `LATERAL (${select(random, depth + 1)}) s`,
      names: [["s.", ["*", "id", "ssn", "name"]]],
    };
  const [text, ...qualifiers] = random.pick(TABLES);
  const kind = Object.keys(COLUMNS).find((one) => text.includes(one)) ?? "users";
  return { text, names: [[random.pick(qualifiers), COLUMNS[kind] ?? []]] };
}

function from(random: SeededRandom, depth: number): Source {
  const [left, right] = [table(random, depth), table(random, depth)];
  const both = [...left.names, ...right.names];
  const shape = random.below(11);
  if (shape === 0) return { text: `${left.text} JOIN ${right.text} ON true`, names: both };
  if (shape === 1)
    return {
      text: `${left.text} JOIN ${right.text} USING (${random.pick(["id", "ssn", "name"])})`,
      names: both,
    };
  if (shape === 2) return { text: `${left.text} NATURAL JOIN ${right.text}`, names: both };
  if (shape === 3) return { text: `${left.text}, ${right.text}`, names: both };
  if (shape === 4)
    return {
      text: `(${left.text} CROSS JOIN ${right.text}) AS s`,
      names: both.map(([, columns]) => ["s.", columns]),
    };
  return left;
}

function reference(random: SeededRandom, scope: Source["names"]): string {
  const [qualifier, columns] = random.pick(scope);
  const odd = random.below(40);
  if (odd === 0) return qualifier.replace(/\.$/, "").replace(/.*\./, "");
  if (odd === 1) return `${qualifier}${random.pick(FUNCTIONS)}`;
  const column = random.pick(columns);
  return random.below(2) === 0 && scope.length < 4 ? column : `${qualifier}${column}`;
}

function expression(random: SeededRandom, depth: number, scope: Source["names"]): string {
  const shape = random.below(30);
  const inner = () => reference(random, scope);
  if (shape === 0) return `${random.pick(FUNCTIONS)}(${inner()})`;
  if (shape === 1) return `count(${inner()})`;
  if (shape === 2) return `${inner()} IS NULL`;
  if (shape === 3) return `${inner()} || 'x'`;
  if (shape === 4) return `${inner()}::text`;
  if (shape === 5)
    return `(${random.pick(["u", "x", "users"])}).${random.pick(["id", "ssn", "pin"])}`;
  if (shape === 6 && depth < 2) return `(${select(random, depth + 1, scope)} LIMIT 1)`;
  if (shape === 7 && depth < 2) return `ARRAY(${select(random, depth + 1, scope)})`;
  if (shape === 8) return `CASE WHEN ${condition(random, depth, scope)} THEN 1 END`;
  if (shape === 9) return `row_number() OVER (ORDER BY ${inner()})`;
  if (shape === 10) return `ROW(${inner()})`;
  if (shape === 11) return `count(*) FILTER (WHERE ${condition(random, depth, scope)})`;
  return inner();
}

function condition(random: SeededRandom, depth: number, scope: Source["names"]): string {
  const shape = random.below(7);
  if (shape === 0) return `${reference(random, scope)}::text > 'S-b'`;
  if (shape === 1) return `${reference(random, scope)} IS NOT NULL`;
  if (shape === 2 && depth < 2) return `EXISTS (${select(random, depth + 1, scope)})`;
  if (shape === 3 && depth < 2)
    return `${reference(random, scope)} IN (${select(random, depth + 1, scope)})`;
  const [qualifier] = random.pick(scope);
  return `${qualifier}id > 1`;
}
