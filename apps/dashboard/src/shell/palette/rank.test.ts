import { expect, test } from "vitest";
import { rank, type Suggestion } from "./rank.ts";

function suggest(label: string, kind = "Tool", also = ""): Suggestion {
  return { id: label, label, kind, also, run() {} };
}

const all = [
  suggest("Overview", "Page"),
  suggest("database__run_sql", "Tool", "Runs one statement"),
  suggest("Servers", "Page"),
  suggest("run", "Server"),
];

const found = (asked: string): string[] => rank(all, asked, 10).map(({ label }) => label);

test("a beginning is better than a word, and that better than letters in order", () => {
  expect(found("run")).toEqual(["run", "database__run_sql"]);
  expect(found("svrs")).toEqual(["Servers"]);
});

test("every word must fit somewhere: name, words, or kind", () => {
  expect(found("sql statement")).toEqual(["database__run_sql"]);
  expect(found("page over")).toEqual(["Overview"]);
  expect(found("sql nothing")).toEqual([]);
});

test("with nothing written all are shown as they come, up to a bound", () => {
  expect(rank(all, "", 2).map(({ label }) => label)).toEqual(["Overview", "database__run_sql"]);
});
