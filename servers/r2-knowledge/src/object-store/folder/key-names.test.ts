import { join } from "node:path";
import { expect, test } from "vitest";
import { createChance, roundsAndSeed } from "./_chance.ts";
import { fromKeyBytes, namesOfKey, namesOfSegment, parseName, toKeyBytes } from "./key-names.ts";

const { rounds, seed } = roundsAndSeed(2_000);
const pathOf = (key: string) => join(...namesOfKey(toKeyBytes(key)));

test.each([
  "mcp/diagnoses/01JD3V8Q5W6X7Y8Z9ABCDEFGHJ.json",
  "mcp/outcomes/01JD3V8Q5W6X7Y8Z9ABCDEFGHJ/01JD3V8Q5W6X7Y8Z9ABCDEFGHK.json",
  "mcp/indexes/diagnoses/seg/01JD3V8Q5W6X7Y8Z9ABCDEFGHJ-7f.0001.ndjson.gz",
  "mcp/indexes/diagnoses/manifest.json",
  "mcp/audits/6c84fb90-12c4-11e1-840d-7b25c5ee775a.json",
])("the key %s is its own path", (key) => {
  expect(pathOf(key)).toBe(key);
});

test.each([
  ["a", "a%f"],
  ["a/b.txt", "a/b.txt"],
  ["a.txt/b.txt", "a.txt%d/b.txt"],
  ["../x.txt", "%2e%2e/x.txt"],
  [".trestle/x", "%2etrestle/x%f"],
  ["/etc/x.", "%/etc/x%2e%f"],
  ["a/", "a/%f"],
  ["Ab.json", "%41b.json"],
  [
    "01jd3v8q5w6x7y8z9abcdefghj.json",
    "01%6a%643%768%715%776%787%798%7a9%61%62%63%64%65%66%67%68%6a.json",
  ],
  ["nul.txt", "%6eul.txt"],
  ["é.json", "%c3%a9.json"],
])("the key %s is the path %s", (key, path) => {
  expect(pathOf(key)).toBe(path);
});

/** Pieces in which file systems differ, or that the names themselves use. */
const PIECES = [
  ...[
    "a",
    "A",
    "b",
    "k",
    "K",
    "\u212a",
    "ſ",
    "s",
    ".",
    "..",
    "/",
    "//",
    "%",
    "%f",
    "%d",
    "%+",
    "%2e",
  ],
  ...[
    " ",
    "~1",
    "é",
    "e\u0301",
    "😀",
    "\u0000",
    "\\",
    ":",
    "con",
    "nul.txt",
    ".json",
    ".JSON",
    "-",
    "_",
  ],
  ...["01JD3V8Q5W6X7Y8Z9ABCDEFGHJ", "01jd3v8q5w6x7y8z9abcdefghj", "01JD3V8q5w6X7Y8Z9ABCDEFGHJ"],
  ...["x".repeat(139), "X".repeat(50), "ü".repeat(30)],
];

test(`no two keys share a path on any file system, and each is read back from its path (SEED=${seed})`, () => {
  const chance = createChance(seed);
  const pick = () => PIECES[Math.floor(chance() * PIECES.length)] ?? "";
  const keyOf = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    const key = Array.from({ length: 1 + Math.floor(chance() * 5) }, pick).join("");
    const names = namesOfKey(toKeyBytes(key));
    for (const name of names) {
      expect(name, `SEED=${seed}: ${key}`).toMatch(/^[\w.%+-]{1,150}$/);
      // What Windows takes away, or takes for something else.
      expect(name).not.toMatch(/[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect([".", "..", ".trestle"]).not.toContain(name);
    }
    // What ignores case, and what composes letters, takes these for one.
    const folded = names.join("/").normalize("NFC").toUpperCase();
    expect(keyOf.get(folded) ?? key, `SEED=${seed}: path ${folded}`).toBe(key);
    keyOf.set(folded, key);
    expect(fromKeyBytes(readBack(names)), `SEED=${seed}`).toBe(key);
  }
});

test("a path that is a file for one key is a folder for none", () => {
  for (const part of PIECES.filter((piece) => !piece.includes("/"))) {
    const segment = toKeyBytes(part);
    const [file, folder] = [namesOfSegment(segment, "file"), namesOfSegment(segment, "folder")];
    expect(file.at(-1)).not.toBe(folder.at(-1));
    expect(parseName(file.at(-1) ?? "").kind).toBe("file");
    expect(parseName(folder.at(-1) ?? "").kind).toBe("folder");
  }
});

function readBack(names: readonly string[]): string {
  return names.reduce((key, name) => {
    const { kind, part } = parseName(name);
    return `${key}${part}${kind === "folder" ? "/" : ""}`;
  }, "");
}
