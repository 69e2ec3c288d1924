import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CELL_KINDS, type Cell, FAULT_TABLE } from "./_fault-table.ts";

const page = new URL("../../../docs/failures.md", import.meta.url);

test("docs/failures.md says what the table of faults says", () => {
  const text = readFileSync(page, "utf8");
  const [, table = ""] = /<!-- faults:.*?-->\n([\s\S]*?)<!-- \/faults -->/.exec(text) ?? [];
  expect(table.trim()).toBe(tableOf().join("\n"));
});

function tableOf(): string[] {
  const rows = FAULT_TABLE.map(
    ({ fault, transports, cells }) =>
      `| ${fault} | ${transports.join(", ")} | ${CELL_KINDS.map((kind) => cellOf(cells[kind], kind)).join(" | ")} |`,
  );
  return [
    "| The server … | over | a read | a write | a write to a server with `idempotent: true` |",
    "|---|---|---|---|---|",
    ...rows,
  ];
}

/** What the caller gets after how many requests; of a write also how often it was done. */
function cellOf({ gets, attempts, effects }: Cell, kind: string): string {
  const times = typeof effects === "number" ? `${effects}×` : `${effects.join(" or ")}×`;
  const done = kind === "read" ? "" : `, done ${times}`;
  const outcome = gets === "answer" ? "answer" : `\`${gets}\``;
  return `${outcome}, ${attempts} ${attempts === 1 ? "request" : "requests"}${done}`;
}
