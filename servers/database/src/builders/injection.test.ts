import { isTrestleError, type JsonObject, type JsonValue } from "@trestle/protocol";
import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { aggregateRows } from "../tools/builders/aggregate-rows.ts";
import { deleteRows } from "../tools/builders/delete-rows.ts";
import { insertRows } from "../tools/builders/insert-rows.ts";
import { selectRows } from "../tools/builders/select-rows.ts";
import { updateRows } from "../tools/builders/update-rows.ts";
import { upsertRows } from "../tools/builders/upsert-rows.ts";
import { type Case, makeCase, shapeOf, TOKENS } from "./_cases.ts";
import { hostileNames, hostileText } from "./_hostile.ts";
import { findFault } from "./_intended.ts";
import { rename, renameTree } from "./_rename.ts";
import { compileAggregate } from "./aggregate.ts";
import { compileSelect } from "./select.ts";
import type { TableShape } from "./shape.ts";
import { compileDelete, compileInsert, compileUpdate, compileUpsert } from "./write.ts";
import { type Compiled, loadWriter, type Writer } from "./writer.ts";

/** ROUNDS of so many cases: `pnpm chaos builders/injection` runs 100,000 of each. */
const CASES = 2_000;

const tools = {
  select: selectRows,
  aggregate: aggregateRows,
  insert: insertRows,
  upsert: upsertRows,
  update: updateRows,
  delete: deleteRows,
};

const compilers: Record<Case["tool"], (...it: [Writer, TableShape, never]) => Compiled> = {
  select: compileSelect,
  aggregate: compileAggregate,
  insert: compileInsert,
  upsert: compileUpsert,
  update: compileUpdate,
  delete: compileDelete,
};

describe("whatever names and values hold", () => {
  const random = seededRandom();
  const cases = CASES * random.rounds(1);
  let writer: Writer;
  beforeAll(async () => {
    await loadModule();
    writer = await loadWriter();
  });

  /** Arguments as a tool reads them, as a statement; a refusal is the message of a TrestleError. */
  function compile({ tool, args }: Case, table: TableShape): Compiled | string {
    try {
      return compilers[tool](writer, table, tools[tool].parse(args) as never);
    } catch (error) {
      if (isTrestleError(error)) return `refused: ${error.code}`;
      throw new Error(`${tool} of ${JSON.stringify(args)}`, { cause: error });
    }
  }

  test("a statement is the one that plain names would make, and no other", () => {
    let made = 0;
    for (let at = 0; at < cases; at += 1) {
      const plain = makeCase(random);
      const names = nameWith(random);
      const hostile = { tool: plain.tool, args: rename(plain.args, names) };
      const table = shapeOf(names);
      const expected = compile(
        plain,
        shapeOf((token) => token),
      );
      const compiled = compile(hostile, table);
      if (typeof compiled === "string" || typeof expected === "string") {
        expect(compiled, JSON.stringify(hostile)).toBe(expected);
        continue;
      }
      made += 1;
      expect(compiled.params).toEqual(expected.params);
      const tree = parse(compiled.sql);
      const results = new Set(TOKENS.map(names));
      const fault = findFault(tree as never, hostile.tool, {
        table,
        results,
        params: compiled.params.length,
      });
      expect(fault, compiled.sql).toBeUndefined();
      expect(renameTree(tree, (token) => token)).toEqual(renameTree(parse(expected.sql), names));
    }
    expect(made / cases).toBeGreaterThan(0.5);
  });

  test("something hostile in any one place is refused, or changes nothing but that place", () => {
    let made = 0;
    for (let at = 0; at < cases; at += 1) {
      const plain = makeCase(random);
      const args = mutate(random, plain.args) as JsonObject;
      const table = shapeOf((token) => token);
      const compiled = compile({ tool: plain.tool, args }, table);
      if (typeof compiled === "string") continue;
      made += 1;
      const results = new Set(textsIn(args).flatMap((text) => [text]));
      const params = compiled.params.length;
      const fault = findFault(parse(compiled.sql) as never, plain.tool, { table, results, params });
      expect(fault, `${JSON.stringify(args)}\n${compiled.sql}`).toBeUndefined();
    }
    expect(made).toBeGreaterThan(cases / 20);
  });
});

function parse(sql: string): unknown {
  try {
    return parseSync(sql);
  } catch (error) {
    throw new Error(`Not to be parsed: ${sql}`, { cause: error });
  }
}

function nameWith(random: SeededRandom): (token: string) => string {
  const names = hostileNames(random, TOKENS.length);
  const byToken = new Map(TOKENS.map((token, at) => [token as string, names[at] as string]));
  return (token) => byToken.get(token) ?? token;
}

/** The arguments with one key or value in them, at any depth, replaced by something hostile. */
function mutate(random: SeededRandom, value: JsonValue): JsonValue {
  const isLeaf = typeof value !== "object" || value === null;
  if (isLeaf || random.below(5) === 0) return junk(random);
  if (Array.isArray(value)) {
    const place = random.below(value.length);
    return value.map((each, at) => (at === place ? mutate(random, each) : each));
  }
  const entries = Object.entries(value);
  const place = random.below(entries.length);
  return Object.fromEntries(
    entries.map(([key, each = null], at) => {
      if (at !== place) return [key, each];
      return random.below(3) === 0 ? [hostileText(random), each] : [key, mutate(random, each)];
    }),
  );
}

function junk(random: SeededRandom): JsonValue {
  const text = hostileText(random);
  return random.pick<JsonValue>([
    text,
    text,
    [text],
    { [text]: text },
    { eq: text },
    { column: text },
    -1,
    1e30,
    true,
    null,
    [],
    {},
    "a\0b",
    "\ud800",
    "x".repeat(200),
  ]);
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((each) => textsIn(each ?? null));
}
