import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { type DiagramTable, toErDiagram } from "./er-diagram.ts";
import type { Relationship } from "./relationships.ts";

test("tables, their columns and their keys are drawn as Mermaid has them", () => {
  const guest = {
    schema: "public",
    name: "guest",
    columns: [
      { name: "id", type: "integer", key: true },
      { name: "price", type: "numeric(10,2)", key: false },
      { name: "since", type: "timestamp with time zone", key: false },
    ],
  };
  const booking = {
    schema: "public",
    name: "booking",
    columns: [{ name: "guest_id", type: "integer", key: true }],
  };
  const relation = between("booking", ["guest_id"], "guest", ["id"]);
  expect(toErDiagram([guest, booking], [relation])).toBe(`erDiagram
  "guest" {
    integer id PK
    numeric(10_2) price
    timestamptz since
  }
  "booking" {
    integer guest_id PK, FK
  }
  "guest" |o--o{ "booking" : "guest_id"
`);
});

test("names of several schemas are whole, and two that would be written alike are told apart", () => {
  const tables = ["a b", "a_b"].map((name) => ({ schema: "s", name }));
  const diagram = toErDiagram([...tables, { schema: "t", name: "c" }], []);
  expect(diagram).toBe('erDiagram\n  "s.a_b"\n  "s.a_b_2"\n  "t.c"\n');
});

test("whatever tables and columns are called, the diagram is one", () => {
  const random = seededRandom();
  const alphabet = [
    '"',
    "%",
    "\\",
    "\n",
    " ",
    "{",
    "}",
    ":",
    "-",
    "~",
    "pk",
    "fk",
    "é",
    "日",
    "😀",
    "1",
    "a",
    "direction TB",
    "#",
    ";",
    ",",
    "*",
    "`",
    "erDiagram",
    "[",
    "(",
  ];
  const word = () =>
    Array.from({ length: 1 + random.below(4) }, () => alphabet[random.below(alphabet.length)]).join(
      "",
    );
  for (let round = 0; round < random.rounds(300); round += 1) {
    const tables: DiagramTable[] = Array.from({ length: 1 + random.below(4) }, () => ({
      schema: word(),
      name: word(),
      columns: Array.from({ length: random.below(4) }, () => ({
        name: word(),
        type: word(),
        key: random.below(2) === 0,
      })),
    }));
    const relations = tables.map(({ name, schema }) => ({
      ...between(name, [word()], name, [word()]),
      from: { schema, table: name, columns: [word()] },
      to: { schema, table: name, columns: [word()] },
    }));
    const diagram = toErDiagram(tables, relations);
    expect(faultsOf(diagram)).toEqual([]);
  }
});

function between(from: string, columns: string[], to: string, theirs: string[]): Relationship {
  return {
    name: "fk",
    from: { schema: "public", table: from, columns },
    to: { schema: "public", table: to, columns: theirs },
    unique: false,
    optional: true,
    onDelete: null,
  };
}

/** Lines that Mermaid's grammar of these diagrams does not have, as its tokens are defined. */
function faultsOf(diagram: string): string[] {
  const name = String.raw`"[^"%\r\n\v\x08\\]+"`;
  const word = String.raw`(?!(?:PK|FK|UK)\b)[*A-Za-z_\u00C0-\uFFFF][A-Za-z0-9_\-[\]()\u00C0-\uFFFF*]*`;
  const keys = "(?: (?:PK|FK|UK)(?:, (?:PK|FK|UK))*)?";
  const forms = [
    /^erDiagram$/,
    new RegExp(`^ {2}${name}(?: \\{)?$`),
    new RegExp(`^ {4}${word} ${word}${keys}$`, "i"),
    /^ {2}\}$/,
    new RegExp(`^ {2}${name} (?:\\|\\||\\|o)--(?:o\\{|o\\|) ${name} : "[^"]*"$`),
  ];
  const lines = diagram.trimEnd().split("\n");
  return lines.filter(
    (line) => !forms.some((form) => form.test(line)) || /direction\s+(TB|BT|RL|LR)/.test(line),
  );
}
