import { matchesGlob } from "node:path";
import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { overlap, parsePattern } from "./globs.ts";

const meet = (a: string, b: string) => overlap(parsePattern(a), parsePattern(b));

test.each([
  ["src/a.ts", "src/a.ts", true],
  ["src/a.ts", "./src//a.ts", true],
  ["src/a.ts", "SRC/A.ts", true],
  ["src/a.ts", "src/b.ts", false],
  ["src", "src/deep/a.ts", true],
  ["src", "srcs/a.ts", false],
  ["src/*.ts", "src/a.*", true],
  ["src/*.ts", "src/*.md", false],
  ["src/*.ts", "src/deep/a.ts", false],
  ["src/**", "src/deep/er/a.ts", true],
  ["**/a.ts", "src/**/b.md", true], // b.md may be a folder, for all that is known
  ["lib/**/a.ts", "src/**/b.ts", false],
  ["**/test/**", "src/**", true],
  ["a*b*c", "a*c", true],
  ["a*b", "b*a", false],
  ["[a-c].ts", "[d-f].ts", false],
  ["[a-d].ts", "[d-f].ts", true],
  ["[^a].ts", "a.ts", true],
  ["[A-z].ts", "7.ts", true], // which letters lie between, depends on whose order it is
  ["**/a/**/b", "**/c/**/d", true],
  ["x/**/a/**/b", "y/**/a/**/b", false],
  ["{a,b}/x", "{b,c}/x", true],
  ["{a,b}/x", "{c,d}/x", false],
  ["?", "ab", false],
  [".", "any/thing", true],
])("%s and %s: %s", (a, b, expected) => {
  expect([meet(a, b), meet(b, a)]).toEqual([expected, expected]);
});

test.each([
  "/etc/passwd",
  "../x",
  "a/../b",
  "C:\\x",
  "!a",
  "a/!(b)",
  "[a",
  "{a",
  "",
  "x".repeat(500),
  "?".repeat(25),
])("%s is no path to reserve", (text) => {
  expect(() => parsePattern(text)).toThrow("is no path to reserve");
});

test("no two patterns are taken for apart that share a file", () => {
  const random = seededRandom();
  const rounds = random.rounds(3);
  const files = ["a", "b", "ab", "a/a", "a/b", "b/ab", "a/b/a", "ab/a/b", "b/b/b"];
  const pieces = ["a", "b", "*", "**", "?", "[ab]", "a*", "*b", "{a,b}", "/", "/", "/"];
  for (let at = 0; at < rounds * 500; at += 1) {
    const [one, two] = [0, 1].map(() =>
      Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces))
        .join("")
        .replaceAll(/^\/+|\/+$/g, "")
        .replaceAll(/\/+/g, "/"),
    ) as [string, string];
    if (one === "" || two === "") continue;
    const shared = files.find((file) => matchesGlob(file, one) && matchesGlob(file, two));
    if (shared !== undefined) expect(meet(one, two), `${one} ${two}: ${shared}`).toBe(true);
  }
});

test("patterns made to take long do not", () => {
  const stars = Array.from({ length: 24 }, () => "*a").join("");
  const deep = Array.from({ length: 100 }, () => "**/a")
    .join("/")
    .slice(0, 399);
  const before = performance.now();
  for (let at = 0; at < 20; at += 1) {
    meet(stars, `${"a".repeat(300)}b`);
    meet(deep, deep.replaceAll("a", "b"));
  }
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(() => parsePattern("{a,b}".repeat(60))).toThrow("alternatives");
});
