import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openFolder } from "./folder.ts";

function setUp() {
  const home = temporaryFolder();
  const path = join(home, "exports");
  mkdirSync(path);
  writeFileSync(join(home, "secret.csv"), "password\n");
  writeFileSync(join(path, "guests.csv"), "id\n1\n");
  return { home, path, folder: openFolder(path) };
}

async function readAll(folder: ReturnType<typeof openFolder>, name: string): Promise<string> {
  const file = await folder.read(name);
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

test("a file of the folder is read, also below it", async () => {
  const { path, folder } = setUp();
  mkdirSync(join(path, "2026"));
  writeFileSync(join(path, "2026", "a.csv"), "below");
  expect(await readAll(folder, "guests.csv")).toBe("id\n1\n");
  expect(await readAll(folder, "2026/a.csv")).toBe("below");
});

const ESCAPES = [
  "../secret.csv",
  "a/../../secret.csv",
  "/etc/passwd",
  "..\\secret.csv",
  "C:\\secret.csv",
  "./guests.csv",
  ".hidden",
  "a//b.csv",
  "",
  "guests.csv\0.txt",
  "a\nb.csv",
  "x".repeat(300),
];

test.each(ESCAPES)("the name %j is refused for reading and writing", async (name) => {
  const { folder, home } = setUp();
  const before = readdirSync(home);
  await expect(folder.read(name)).rejects.toMatchObject({ code: "invalid_input" });
  await expect(folder.create(name)).rejects.toMatchObject({ code: "invalid_input" });
  expect(readdirSync(home)).toEqual(before);
});

test("links that lead out are followed by nobody", async () => {
  const { home, path, folder } = setUp();
  symlinkSync(join(home, "secret.csv"), join(path, "file.csv"));
  symlinkSync(home, join(path, "out"));
  await expect(folder.read("file.csv")).rejects.toMatchObject({ code: "denied" });
  await expect(folder.read("out/secret.csv")).rejects.toMatchObject({ code: "denied" });
  await expect(folder.create("out/new.csv")).rejects.toMatchObject({ code: "denied" });
  const draft = await folder.create("file.csv");
  await draft.write("mine");
  await expect(draft.keep()).rejects.toMatchObject({ code: "conflict" });
  await draft.discard();
  expect(readFileSync(join(home, "secret.csv"), "utf8")).toBe("password\n");
  expect(readdirSync(home).toSorted()).toEqual(["exports", "secret.csv"]);
});

test("a folder that is a link itself, as operators make them, works", async () => {
  const { home, path } = setUp();
  symlinkSync(path, join(home, "linked"));
  expect(await readAll(openFolder(join(home, "linked")), "guests.csv")).toBe("id\n1\n");
});

test("pipes and folders are no files, and nothing waits for them", async () => {
  const { path, folder } = setUp();
  execFileSync("mkfifo", [join(path, "pipe.csv")]);
  mkdirSync(join(path, "folder.csv"));
  await expect(folder.read("pipe.csv")).rejects.toMatchObject({ code: "invalid_input" });
  await expect(folder.read("folder.csv")).rejects.toMatchObject({ code: "invalid_input" });
});

test("an unknown file names the nearest", async () => {
  const { folder } = setUp();
  await expect(folder.read("gests.csv")).rejects.toThrow('Did you mean "guests.csv"?');
});

test("a file appears whole or not at all, for its owner only, and never in the place of another", async () => {
  const { path, folder } = setUp();
  const draft = await folder.create("new/rows.csv");
  await draft.write("a\n");
  const visible = () => readdirSync(join(path, "new")).filter((name) => !name.startsWith("."));
  expect(visible()).toEqual([]);
  await draft.write("b\n");
  await draft.keep();
  await draft.discard();
  expect(readFileSync(join(path, "new", "rows.csv"), "utf8")).toBe("a\nb\n");
  expect(readdirSync(join(path, "new"))).toEqual(["rows.csv"]);

  const second = await folder.create("new/rows.csv");
  await expect(second.keep()).rejects.toThrow("choose another name");
  await second.discard();
  expect(readdirSync(join(path, "new"))).toEqual(["rows.csv"]);
});
