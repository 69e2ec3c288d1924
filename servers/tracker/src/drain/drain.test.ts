import { expect, test } from "vitest";
import { createDrain } from "./drain.ts";

const LINES = [
  "connected to 10.0.0.1:5432 in 12 ms",
  "login of user ann came from 10.0.0.9 by key",
  "connected to 10.0.0.2:5432 in 7 ms",
  "login of user bob came from 10.0.0.7 by key",
  "cannot open /srv/data/a.json: no such file",
  "login of user eve came from 10.0.0.8 by word",
  "cannot open /var/lib/b.json: no such file",
];

function templatesOf(lines: readonly string[]) {
  const drain = createDrain();
  const ids = lines.map((line) => drain.add(line).id);
  return { drain, ids };
}

test("lines of one statement are one template, whatever their parameters", () => {
  const { drain, ids } = templatesOf(LINES);
  expect(ids).toEqual([1, 2, 1, 2, 3, 2, 3]);
  expect(drain.add("login of user dan came from 10.0.0.3 by key")).toEqual({
    id: 2,
    text: "login of user <*> came from <*> by <*>",
    size: 4,
  });
  expect(drain.add("cannot open /tmp/x/y: no such file").text).toBe(
    "cannot open <*>: no such file",
  );
});

test.each([
  ["steps=1514038440000##7007##548 left", "steps=<*> left"],
  ["uid=0 euid=0 user=root", "uid=<*> euid=<*> user=root"],
  ["block blk_-1608999687919862906 of 0x1f", "block <*> of <*>"],
  ["reads a/b, and no more", "reads a/b, and no more"],
  ["", ""],
])("the template of %s alone", (line, text) => {
  expect(createDrain().add(line).text).toBe(text);
});

test("what says something else is another template, however alike", () => {
  const { ids } = templatesOf(["cache is cold", "cache is warm and full", "queue has gone away"]);
  expect(new Set(ids).size).toBe(3);
});

test("a miner that was stored and read again goes on as if it had not been", () => {
  const { drain } = templatesOf(LINES);
  const stored = JSON.parse(JSON.stringify(drain.snapshot()));
  const again = createDrain({ snapshot: stored });
  const more = ["login of user zoe came from 10.1.1.1 by key", "disk sda is full", ...LINES];
  for (const line of more) expect(again.add(line)).toEqual(drain.add(line));
  expect(again.snapshot()).toEqual(drain.snapshot());
});

test("templates of another version are refused", () => {
  const snapshot = { ...createDrain().snapshot(), version: 0 };
  expect(() => createDrain({ snapshot })).toThrow(/version 0 cannot be read.*begin without/);
});

test("the template that was not used for longest is forgotten first, and its number is not given again", () => {
  const drain = createDrain({ most: 2 });
  const [alpha, beta] = ["alpha says hello", "beta is silent today"];
  expect([alpha, beta, alpha].map((line) => drain.add(line).id)).toEqual([1, 2, 1]);
  expect(drain.add("gamma rays are near you").id).toBe(3);
  expect(drain.add(alpha).id).toBe(1);
  expect(drain.add(beta).id).toBe(4);
  expect(drain.snapshot().clusters).toHaveLength(2);
});

test("memory stays bounded when every line begins with another word", () => {
  const drain = createDrain({ most: 50 });
  const word = (at: number) =>
    at.toString(26).replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "");
  for (let at = 0; at < 5_000; at += 1)
    drain.add(`${word(at)} did ${word(at * 7)} with ${word(at * 3)}`);
  expect(JSON.stringify(drain.snapshot()).length).toBeLessThan(10_000);
});

test("words that differ at the beginning of very many lines become a parameter", () => {
  const drain = createDrain();
  const letters = [..."abcdefghijklmnop"];
  const names = letters.flatMap((a) => letters.map((b) => `${a}${b}`));
  const ids = names.map((name) => drain.add(`${name} has left the room for good`).id);
  expect(new Set(ids).size).toBeLessThan(110);
  expect(drain.add("zz has left the room for good").text).toBe("<*> has left the room for good");
});

test("a line made to slow the masks down takes no longer than its length", () => {
  for (const piece of ["a", "/a", "<*>", "~/", "1", "a1-", "=", "##1"]) {
    const started = performance.now();
    const drain = createDrain();
    for (let line = 0; line < 20; line += 1) drain.add(piece.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
