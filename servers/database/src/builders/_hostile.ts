import type { SeededRandom } from "@trestle/testkit/surroundings";

/** What has broken out of quotes, comments and types somewhere before. */
const SCRAPS = [
  ...`" "" ' '' \\ \\' ; -- /* */ $$ $1 $2 $tag$ E' U&" U&' ::text ) ( ), . , * ? ?| @> % _ = <> ! ~ # { } [ ] |`.split(
    " ",
  ),
  " as ",
  " desc",
  " or 1=1",
  " and ",
  "\n",
  "\r\n",
  "\t",
  " ",
  "DROP TABLE canary",
  "DELETE FROM canary",
  "pg_sleep(9)",
  "(select 1)",
  "union select",
  "returning *",
  "excluded",
  "default",
  "null",
  "NaN",
  "__proto__",
  "constructor",
  "toString",
  "ctid",
  "\u2019",
  "\uff07",
  "\u02ba",
  "\uff02",
  "\u2028",
  "\ufeff",
  "\u202e",
  "\u0301",
  "\u{1f600}",
  "ÿ",
  "ß",
  "a",
  "1",
] as const;

const WHOLES = [
  `"; DROP TABLE canary; --`,
  `'; DROP TABLE canary; --`,
  `x" = x."x`,
  `public"."canary`,
  `id" from "canary" --`,
  `1); DELETE FROM canary; SELECT (1`,
  `\\'; DROP TABLE canary; --`,
  `$1`,
  `$$; DROP TABLE canary; $$`,
  `U&"\\0022"`,
  `name as other`,
  `table.column`,
  `*`,
  `and`,
  `or`,
  `not`,
  `select`,
  `__proto__`,
  `constructor`,
  `hasOwnProperty`,
  `xmax`,
  `tableoid`,
  `count(*)`,
] as const;

export function hostileText(random: SeededRandom): string {
  if (random.below(4) === 0) return random.pick(WHOLES);
  const count = 1 + random.below(6);
  return Array.from({ length: count }, () => random.pick(SCRAPS)).join("");
}

/** Postgres' own columns of every table, whose names no other column can have. */
const SYSTEM = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);

/** Names that a table may really have, each different from the others; no numbers, which objects sort, and none of Postgres' own. */
export function hostileNames(random: SeededRandom, count: number): string[] {
  const names = new Set<string>();
  while (names.size < count) {
    const name =
      random.below(12) === 0 ? `${"ä".repeat(31)}${random.below(10)}` : hostileText(random);
    const isName =
      name !== "" && Buffer.byteLength(name) <= 63 && !/^(?:"(?:and|or|not)"$|\d+$|pg_)/.test(name);
    if (isName && !SYSTEM.has(name)) names.add(name);
  }
  return [...names];
}
