import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { type DecodeOptions, decode, isBad } from "./decode.ts";
import { createEncoder } from "./encode.ts";

/** In pieces of that many bytes, as files and pipes give them. */
async function* inPieces(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Uint8Array, options: DecodeOptions, size = 64 * 1024) {
  const rows = [];
  for await (const batch of decode(inPieces(text, size), options)) rows.push(...batch);
  return rows;
}

const values = (rows: Awaited<ReturnType<typeof read>>) =>
  rows.map((row) => (isBad(row) ? row.problem : row.values));

test("CSV tells an empty cell from an empty text", async () => {
  const rows = await read('id,name\r\n1,\r\n2,""\r\n3," a ""b"",\nc"\r\n', { format: "csv" });
  expect(rows[0]).toMatchObject({ line: 2, keys: ["id", "name"] });
  expect(values(rows)).toEqual([
    ["1", null],
    ["2", ""],
    ["3", ' a "b",\nc'],
  ]);
});

test("lines are counted as an editor counts them, over cells of several lines and the mark of UTF-8", async () => {
  const rows = await read('\uFEFFid,name\n1,"a\nb"\n2,x,y\n3,c\n', { format: "csv" });
  expect(rows.map(({ line }) => line)).toEqual([2, 4, 5]);
  expect(values(rows)[1]).toBe("has 3 cells where the header has 2");
});

test("CSV without a header takes the names that are given, with any delimiter", async () => {
  const options = { format: "csv", delimiter: ";", columns: ["a", "b"] } as const;
  const rows = await read("1;2\n", options);
  expect(rows).toMatchObject([{ line: 1, keys: ["a", "b"], values: ["1", "2"] }]);
});

test("a header that names nothing, or one column twice, is refused", async () => {
  await expect(read("id,,name\n1,2,3\n", { format: "csv" })).rejects.toThrow("Column 2");
  await expect(read("id,id\n1,2\n", { format: "csv" })).rejects.toThrow('"id" twice');
});

test("a quote that is never closed does not take the file into memory", async () => {
  const text = `id,name\n1,"${"x".repeat(17 * 1024 * 1024)}`;
  const rows = await read(text, { format: "csv" }).catch((error) => error);
  const said = Array.isArray(rows) ? rows : [rows];
  expect(JSON.stringify(said.map((row) => row.problem ?? row.message))).toMatch(/size|Quote/i);
});

test("NDJSON rows have the shape they have, and a bad line is only a bad line", async () => {
  const rows = await read('{"id":1,"big":12345678901234567890}\n\n[1]\n{"id":\n{"id":2}', {
    format: "ndjson",
  });
  expect(rows.map(({ line }) => line)).toEqual([1, 3, 4, 5]);
  expect(JSON.stringify(rows[0])).toContain("12345678901234567890");
  expect(values(rows)[1]).toBe("is no JSON object");
  expect(values(rows)[2]).toMatch(/^is no JSON/);
  expect(values(rows)[3]).toEqual([2]);
});

test.each([1, 2, 7, 64])("a JSON array in pieces of %d bytes is the same rows", async (size) => {
  const items = [{ a: 'x]},"\\' }, { a: { b: [1, [2]] } }, { a: null }, { a: "Zürich 🏠" }];
  for (const text of [JSON.stringify(items), JSON.stringify(items, null, 2), "[]", " [\n] \n"]) {
    const rows = await read(text, { format: "json" }, size);
    expect(values(rows)).toEqual(text.includes("a") ? items.map(({ a }) => [a]) : []);
  }
});

test("lines of a JSON array are those where its rows begin", async () => {
  const rows = await read('[\n  {\n    "a": 1\n  },\n\n  {"a": 2}, 5\n]\n', { format: "json" });
  expect(rows.map(({ line }) => line)).toEqual([2, 6, 6]);
  expect(values(rows)).toEqual([[1], [2], "is no JSON object"]);
});

test.each(['{"a":1}', '[{"a":1}', '[{"a":1}] x', "hello"])(
  "%s is no array of rows",
  async (text) => {
    await expect(read(text, { format: "json" })).rejects.toMatchObject({ code: "invalid_input" });
  },
);

test("text that is not UTF-8 is refused", async () => {
  const bytes = Buffer.from('{"a":"caf\xe9"}\n', "latin1");
  await expect(read(bytes, { format: "ndjson" })).rejects.toThrow("UTF-8");
});

test("whatever is in the cells, CSV and NDJSON come back as they went", async () => {
  const random = seededRandom();
  const alphabet = ["a", '"', ",", ";", "\n", "\r", "\\", "ü", "🏠", " ", "\t", "{", "]", "NULL"];
  const cell = (): string | null =>
    random.next() < 0.15
      ? null
      : Array.from({ length: Math.floor(random.next() * 6) }, () => random.pick(alphabet)).join("");
  const columns = ["a", "b"].map((name) => ({ name, type: "text", oid: 25 }));
  const rows = Array.from({ length: 2_000 }, () => [cell(), cell()]);
  for (const format of ["csv", "ndjson", "json"] as const) {
    const encoder = await createEncoder(columns, { format });
    const text =
      encoder.head() +
      encoder.rows(rows.slice(0, 900)) +
      encoder.rows([]) +
      encoder.rows(rows.slice(900)) +
      encoder.tail();
    const size = 1 + Math.floor(random.next() * 3_000);
    const back = await read(text, { format }, size);
    expect(values(back)).toEqual(rows);
  }
});
