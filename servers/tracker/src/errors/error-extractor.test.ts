import { expect, test } from "vitest";
import { createDrain } from "../drain/drain.ts";
import type { Part, TrackedRecord } from "../model/record.ts";
import { createErrorExtractor } from "./error-extractor.ts";

let count = 0;
function record(...parts: Part[]): TrackedRecord {
  count += 1;
  return {
    id: `r${count}`,
    sessionId: "claude-code:s1",
    at: 1_000 + count,
    type: "user",
    origin: { source: "app", path: "/p.jsonl", offset: count },
    parts,
  };
}

const call = (callId: string, tool: string, input = {}): Part => ({
  kind: "call",
  callId,
  tool,
  input,
});
const failed = (callId: string, text: string): Part => ({
  kind: "result",
  callId,
  ok: false,
  text,
});
const line = (text: string, level: "error" | "warning" = "error"): Part => ({
  kind: "line",
  text,
  level,
  component: "cart",
});

function extractor(memory = "") {
  return createErrorExtractor({ project: "shop", drain: createDrain(), memory });
}

const TRACE = (at: string) => `Exit code 1
TypeError: user 4711 has no address
    at ${at} (/srv/shop/src/cart.js:10:5)
    at run (/srv/shop/node_modules/x/index.js:1:1)`;

test("a failed call names its tool, command, type, files and the record that shows it", () => {
  const errors = extractor();
  const asked = record(
    call("c1", "Bash", { command: "cd shop && npm test -- a", description: "x" }),
  );
  const answer = record(failed("c1", TRACE("total")));
  expect(errors.read(asked)).toEqual([]);
  expect(errors.read(answer)).toEqual([
    {
      id: `${answer.id}#0`,
      recordId: answer.id,
      sessionId: "claude-code:s1",
      project: "shop",
      at: answer.at,
      class: "exception",
      component: "Bash",
      command: "npm test",
      type: "TypeError",
      message: "TypeError: user # has no address",
      group: expect.stringMatching(/^1:[0-9a-f]{16}$/),
      family: expect.stringMatching(/^1:[0-9a-f]{16}$/),
      template: "TypeError: user <*> has no address",
      files: ["/srv/shop/src/cart.js"],
    },
  ]);
});

test("the same error elsewhere is another group of one family; other parameters change nothing", () => {
  const errors = extractor();
  const read = (text: string) => {
    errors.read(record(call("c", "Bash", { command: "npm test" })));
    return errors.read(record(failed("c", text)))[0];
  };
  const first = read(TRACE("total"));
  const again = read(TRACE("total").replace("4711", "12").replaceAll(":10:5", ":99:1"));
  const elsewhere = read(TRACE("tax"));
  expect(again?.group).toBe(first?.group);
  expect(elsewhere?.group).not.toBe(first?.group);
  expect(elsewhere?.family).toBe(first?.family);
});

test("another tool or command is another error", () => {
  const errors = extractor();
  const groups = [
    ["Bash", "npm test"],
    ["Bash", "npm run build"],
    ["PowerShell", "npm test"],
  ].map(([tool, command]) => {
    errors.read(record(call("c", tool as string, { command: command as string })));
    return errors.read(record(failed("c", "boom")))[0]?.group;
  });
  expect(new Set(groups).size).toBe(3);
});

test("an answer is known by its call after a restart, and without its call too", () => {
  const before = extractor();
  before.read(record(call("c1", "Edit", { file_path: "src/a.ts" })));
  const after = extractor(before.memory());
  expect(after.read(record(failed("c1", "String to replace not found in file.")))[0]).toMatchObject(
    {
      component: "Edit",
      class: "invalid-input",
      files: ["src/a.ts"],
    },
  );
  expect(extractor().read(record(failed("c9", "boom")))[0]).toMatchObject({ component: "unknown" });
  expect(() => extractor("not JSON")).not.toThrow();
});

test("a command given as a list of words is told by its script", () => {
  const errors = extractor();
  errors.read(record(call("c", "shell", { command: ["bash", "-lc", "cargo build --release"] })));
  expect(errors.read(record(failed("c", "error: could not compile")))[0]).toMatchObject({
    command: "cargo build",
  });
});

test("notices of the model's API and of interrupts are classified as such", () => {
  const errors = extractor();
  const notice = (kind: "api_error" | "interrupted" | "end", text: string): Part => ({
    kind: "notice",
    notice: kind,
    text,
  });
  expect(
    errors.read(record(notice("api_error", "invalid request: 529 overloaded")))[0],
  ).toMatchObject({ component: "model", class: "api" });
  expect(errors.read(record(notice("interrupted", "")))[0]).toMatchObject({ class: "interrupted" });
  expect(errors.read(record(notice("end", "failed")))).toEqual([]);
});

test("lines of logs are errors by their level, with the trace that belongs to them", () => {
  const errors = extractor();
  const traced = record(
    line(`2026-11-22T05:04:43Z ERROR cart: no total for 12
java.io.IOException: gone
	at com.acme.Cart.total(Cart.java:12)`),
  );
  expect(errors.read(traced)[0]).toMatchObject({
    component: "cart",
    type: "IOException",
    message: "no total for #",
    class: "exception",
  });
  expect(errors.read(record(line("2026-11-22T05:04:43Z WARN cart: slow", "warning")))).toEqual([]);
  const json = record(
    line(
      '{"level":50,"time":1700000000000,"msg":"boom","err":{"type":"RangeError","stack":"RangeError: x\\n    at f (/a/b.js:1:1)"}}',
    ),
  );
  expect(errors.read(json)[0]).toMatchObject({
    type: "RangeError",
    message: "boom",
    files: ["/a/b.js"],
  });
});

test("several failures of one record are told apart, and reading it again gives the same facts", () => {
  const both = record(failed("a", "boom"), failed("b", "no such file: x"));
  const facts = extractor().read(both);
  expect(facts.map(({ id }) => id)).toEqual([`${both.id}#0`, `${both.id}#1`]);
  expect(extractor().read(both)).toEqual(facts);
});
