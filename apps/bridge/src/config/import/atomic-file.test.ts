import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backUp, readWhole, removeFile, replaceFile } from "./atomic-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trestle-atomic-"));
  file = join(folder, "file.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("a file that is new is its owner's only, and so is the folder that it needs", () => {
  const deep = join(folder, "a", "b", "file.json");
  replaceFile(deep, undefined, "text");
  expect([readWhole(deep), modeOf(deep), modeOf(join(folder, "a"))]).toEqual([
    "text",
    0o600,
    0o700,
  ]);
});

test("one that is there keeps its mode, and loses what others could read where it gets secrets", () => {
  writeFileSync(file, "old");
  chmodSync(file, 0o664);
  replaceFile(file, "old", "new");
  expect([readWhole(file), modeOf(file)]).toEqual(["new", 0o664]);
  replaceFile(file, "new", "secret", { isPrivate: true });
  expect([readWhole(file), modeOf(file)]).toEqual(["secret", 0o600]);
  expect(readdirSync(folder)).toEqual(["file.json"]);
});

test("a link stays one, also where its file is not there yet", () => {
  const target = join(folder, "dotfiles", "real.json");
  mkdirSync(join(folder, "dotfiles"));
  symlinkSync("dotfiles/real.json", file);
  expect(readWhole(file)).toBeUndefined();
  replaceFile(file, undefined, "one");
  replaceFile(file, "one", "two");
  expect([readlinkSync(file), readFileSync(target, "utf8")]).toEqual(["dotfiles/real.json", "two"]);
  expect(lstatSync(target).isSymbolicLink()).toBe(false);
});

test("what another program wrote since is not lost", () => {
  writeFileSync(file, "theirs");
  expect(() => replaceFile(file, "old", "ours")).toThrow(/changed by another program just now/);
  expect(() => replaceFile(file, undefined, "ours")).toThrow(/changed by another program/);
  expect(() => removeFile(file, "old")).toThrow(/changed by another program/);
  expect(readWhole(file)).toBe("theirs");
  rmSync(file);
  expect(() => replaceFile(file, "theirs", "ours")).toThrow(/changed by another program/);
  expect(readdirSync(folder)).toEqual([]);
});

test("a file that is read-only stays as it is", () => {
  writeFileSync(file, "old");
  chmodSync(file, 0o444);
  expect(() => replaceFile(file, "old", "new")).toThrow(
    expect.objectContaining({ code: "denied", message: `${file}: is read-only.` }),
  );
  expect(() => removeFile(file, "old")).toThrow(/is read-only/);
  expect(readWhole(file)).toBe("old");
});

test("what is no text is not read, for it could not be written back", () => {
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x7b, 0x00]));
  expect(() => readWhole(file)).toThrow(
    expect.objectContaining({
      code: "invalid_config",
      message: `${file}: is not written in UTF-8.`,
    }),
  );
  expect(() => readWhole(folder)).toThrow(/EISDIR/);
});

test("what a killed process left beside it goes with the next writing, and nothing else does", () => {
  const left = (pid: number): string => `.file.json.${pid}.0123abcd.trestle-draft`;
  const gone = 2 ** 22 + 1;
  for (const name of [left(gone), left(process.pid), ".other.json.9.0123abcd.trestle-draft"]) {
    writeFileSync(join(folder, name), "half");
  }
  replaceFile(file, undefined, "text");
  expect(readdirSync(folder).toSorted()).toEqual(
    [left(process.pid), ".other.json.9.0123abcd.trestle-draft", "file.json"].toSorted(),
  );
});

test("a backup has the mode of what it is one of", () => {
  writeFileSync(file, "text");
  chmodSync(file, 0o640);
  const copy = backUp(file, join(folder, "backups"), "copy.json");
  expect([readWhole(copy), modeOf(copy), modeOf(join(folder, "backups"))]).toEqual([
    ...["text", 0o640, 0o700],
  ]);
});
