import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { createRecordRedact } from "../records/redact.ts";
import { type ConvertOptions, convert } from "./convert.ts";
import { pipeline, type Step } from "./steps.ts";

const random = seededRandom();
const parts = { redact: createRecordRedact() };

async function run(text: string, options: ConvertOptions): Promise<string> {
  return (await Array.fromAsync(convert(cut(text), options, parts))).join("");
}

/** In pieces of any size: where a file is cut means nothing. */
async function* cut(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; ) {
    const size = 1 + random.below(40);
    yield text.slice(at, at + size);
    at += size;
  }
}

async function through(rows: readonly object[], ...steps: Step[]): Promise<unknown[]> {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const options = { from: "ndjson", to: "ndjson", steps: pipeline.parse(steps) } as const;
  const out = await run(text, options);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

describe("steps", () => {
  const rows = [
    { id: "1", error: { name: "TypeError", message: "x of undefined" }, n: 5 },
    { id: "2", error: { name: "RangeError" }, n: 12, tags: ["a"] },
    { id: "3", n: "7" },
  ];
  const ids = async (...steps: Step[]) =>
    (await through(rows, ...steps)).map((row) => (row as { id: string }).id);

  test.each<[string, Step, string[]]>([
    ["=", { filter: [{ field: "error.name", is: "=", value: "typeerror" }] }, ["1"]],
    ["!=", { filter: [{ field: "id", is: "!=", value: "2" }] }, ["1", "3"]],
    [
      ">= of numbers and texts that are numbers",
      { filter: [{ field: "n", is: ">=", value: 7 }] },
      ["2", "3"],
    ],
    [
      "contains",
      { filter: [{ field: "error.message", is: "contains", value: "UNDEFINED" }] },
      ["1"],
    ],
    [
      "starts-with",
      { filter: [{ field: "error.name", is: "starts-with", value: "range" }] },
      ["2"],
    ],
    ["in", { filter: [{ field: "id", is: "in", value: ["1", "3"] }] }, ["1", "3"]],
    ["exists", { filter: [{ field: "error", is: "exists" }] }, ["1", "2"]],
    ["missing", { filter: [{ field: "error.message", is: "missing" }] }, ["2", "3"]],
    [
      "all conditions",
      {
        filter: [
          { field: "error", is: "exists" },
          { field: "n", is: "<", value: 9 },
        ],
      },
      ["1"],
    ],
    ["drop", { drop: [{ field: "tags", is: "exists" }] }, ["1", "3"]],
    ["limit", { limit: 2 }, ["1", "2"]],
    ["no limit left", { limit: 0 }, []],
  ])("%s", async (_, step, expected) => {
    expect(await ids(step)).toEqual(expected);
  });

  test("pick, omit, rename and set", async () => {
    expect(await through(rows.slice(0, 1), { pick: ["id", "error.name", "none"] })).toEqual([
      { id: "1", error: { name: "TypeError" } },
    ]);
    expect(await through(rows.slice(0, 1), { omit: ["error.message", "none.x"] })).toEqual([
      { id: "1", error: { name: "TypeError" }, n: 5 },
    ]);
    expect(await through([{ a: 1, b: 2 }], { rename: { a: "b", b: "a" } })).toEqual([
      { b: 1, a: 2 },
    ]);
    expect(await through([{ a: 1 }], { set: { "b.c": [1], __proto__x: 2 } })).toEqual([
      { a: 1, b: { c: [1] }, __proto__x: 2 },
    ]);
  });

  test("map leaves what it does not understand", async () => {
    const map = (value: unknown, how: string) =>
      through([{ v: value }], { map: { field: "v", with: how } } as Step).then(
        ([row]) => (row as { v: unknown }).v,
      );
    expect(await map(" a ", "trim")).toBe("a");
    expect(await map("12.5", "number")).toBe(12.5);
    expect(await map("twelve", "number")).toBe("twelve");
    expect(await map(0, "date")).toBe("1970-01-01T00:00:00.000Z");
    expect(await map("not a date", "date")).toBe("not a date");
    expect(await map({ a: 1 }, "json")).toBe('{"a":1}');
    expect(await map('{"a":1}', "parse")).toEqual({ a: 1 });
    expect(await map("{", "parse")).toBe("{");
  });

  test("redact hides fields, kinds, words and secrets, however deep", async () => {
    const row = {
      user: "Ann",
      note: ["mail ann@example.org from 10.1.2.3 about /opt/ann/x.ts, see https://a.example/b?c=d"],
      deep: { text: "Project BLUEBIRD failed", token: "ghp_0123456789abcdefghijABCDEFGHIJ012345" },
    };
    const kinds = ["secrets", "emails", "addresses", "paths", "urls"] as const;
    const [out] = await through([row], {
      redact: { fields: ["user"], kinds: [...kinds], texts: ["bluebird", "blue"] },
    });
    const text = JSON.stringify(out);
    for (const word of ["Ann", "ann@", "10.1.2.3", "/opt", "example", "BLUE", "ghp_0123"]) {
      expect(text).not.toContain(word);
    }
    expect(text).toContain("Project [redacted] failed");
  });

  test("a step that does not exist, or lacks its value, is refused", () => {
    expect(() => pipeline.parse([{ explode: true }])).toThrow();
    expect(() => pipeline.parse([{ filter: [{ field: "a", is: "=" }] }])).toThrow(
      /value is missing/,
    );
    expect(() => pipeline.parse([{ filter: [{ field: "a", is: "in", value: "x" }] }])).toThrow(
      /list/,
    );
  });
});

describe("forms", () => {
  test("there and back: what goes out as json or ndjson comes in as it was", async () => {
    const rows = [
      { a: "grüße\n\u2028", n: 1.5, deep: { list: [1, { x: null }], " ": true } },
      { b: [] },
    ];
    for (const form of ["json", "ndjson"] as const) {
      const text = await run(JSON.stringify(rows), { from: "json", to: form });
      expect(JSON.parse(await run(text, { from: form, to: "json" }))).toEqual(rows);
    }
  });

  test("csv: fields of fields are columns, commas and lines stay in their cells", async () => {
    const rows = [
      { id: "1", error: { message: 'a, "b"\nc' }, list: [1, 2] },
      { id: "2", extra: "only here" },
    ];
    const text = await run(JSON.stringify(rows), { from: "json", to: "csv" });
    expect(text.split("\n")[0]).toBe("id,error.message,list,extra");
    expect(JSON.parse(await run(text, { from: "csv", to: "json" }))).toEqual([
      { ...rows[0], list: "[1,2]" },
      rows[1],
    ]);
  });

  test("csv: what the first rows do not have is kept in a last column", async () => {
    const rows = Array.from({ length: 300 }, (_, n) =>
      n === 250 ? { id: n, late: { x: 1 } } : { id: n },
    );
    const text = await run(JSON.stringify(rows), { from: "json", to: "csv" });
    const back = JSON.parse(await run(text, { from: "csv", to: "json" })) as object[];
    expect(back).toHaveLength(300);
    expect(back[250]).toEqual({ id: "250", late: { x: 1 } });
  });

  test("csv: no cell is a formula", async () => {
    const rows = [{ a: "=HYPERLINK(1)", b: "-5", c: "@x", d: -5 }];
    const text = await run(JSON.stringify(rows), { from: "json", to: "csv" });
    expect(text.split("\n")[1]).toBe("'=HYPERLINK(1),-5,'@x,-5");
  });

  test("markdown: no text makes a link, a tag or an end of its block", async () => {
    const rows = [{ error: { name: "E", message: "<b>[x](y)" }, fix: "```\nrm\n```" }];
    const text = await run(JSON.stringify(rows), { from: "json", to: "markdown" });
    expect(text).toContain("## E: \\<b\\>\\[x\\](y)");
    expect(text).toContain("````\n```\nrm\n```\n````");
  });

  test.each([
    ["json", "[1]", /item 1 is no object/],
    ["json", "{", /The JSON cannot be read/],
    ["ndjson", '{"a":1}\n{"a":', /line 2/],
    ["csv", 'a,b\n1,"2\n', /The CSV cannot be read near line/],
    ["csv", "a,b\n1,2,3\n", /The CSV cannot be read near line 2/],
  ] as const)("%s that is broken is told with its place: %s", async (from, text, message) => {
    await expect(run(text, { from, to: "ndjson" })).rejects.toThrow(message);
  });

  test("nothing in, nothing out", async () => {
    expect(await run("", { from: "ndjson", to: "csv" })).toBe("");
    expect(await run("", { from: "csv", to: "ndjson" })).toBe("");
    expect(await run("[]", { from: "json", to: "json" })).toBe("[]\n");
  });
});
