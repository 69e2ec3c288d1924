import { expect, test } from "vitest";
import { toMermaid } from "./mermaid.ts";

const code = (character: string) => `#${character.codePointAt(0)};`;
const step = (id: string, more: object = {}) => ({ id, server: "db", tool: "query", ...more });

test("an ordered chain is a line, with dotted arrows for results read from afar", () => {
  const steps = [step("a"), step("b"), step("end", { arguments: { x: "${results.a}" } })];
  expect(toMermaid({ name: "Nightly report", steps })).toBe(`flowchart TD
  accTitle: Nightly report
  s1["a<br/>db.query"]
  s2["b<br/>db.query"]
  s3["end<br/>db.query"]
  s1 --> s2
  s2 --> s3
  s1 -.-> s3
`);
});

test("a DAG shows what waits for what", () => {
  const steps = [step("a"), step("b"), step("c", { dependsOn: ["a"], when: "$step_2.n > 1" })];
  expect(toMermaid({ name: "c", steps })).toContain(
    `s3["c<br/>db.query<br/>when ${code("$")}step_2.n ${code(">")} 1"]\n  s1 --> s3\n  s2 --> s3\n`,
  );
});

test("no name can leave its label", () => {
  const tool = '"]; click s1 "javascript:alert(1)" %%{init}%% <img src=x> `#quot;\n  s9 --> s1';
  const drawn = toMermaid({
    name: 'x"\nclick s1 href "http://evil"',
    steps: [step("a", { tool })],
  });
  const lines = drawn.trimEnd().split("\n");
  expect(lines.length).toBe(3);
  expect(lines[1]).toBe("  accTitle: x click s1 href http evil");
  expect(lines[2]).toMatch(/^ {2}s1\["a<br\/>db\.[^"<>`[\]{};%]*(#\d+;[^"<>`[\]{}%]*)*"\]$/);
});

test("long labels are cut", () => {
  const drawn = toMermaid({ name: "c", steps: [step("a", { tool: "t".repeat(500) })] });
  expect(drawn.length).toBeLessThan(200);
  expect(drawn).toContain("…");
});
