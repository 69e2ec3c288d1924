import {
  chmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  copySqlite,
  inspectSqlite,
  isSqliteFile,
  openSqlite,
  readOwner,
  refuseNewerFiles,
} from "../src/index.ts";
import { ownerAddress } from "../src/owner-address.ts";
import { readOwnerRecord } from "../src/owner-record.ts";
import { temporaryFolder } from "./_processes.ts";

/** A database of so many rows, at this schema version. */
function database(version = 1, rows = 2_000): string {
  const file = join(temporaryFolder(), "a.db");
  const opened = new DatabaseSync(file);
  opened.exec(`CREATE TABLE note (text TEXT); CREATE INDEX by_text ON note (text);
    PRAGMA user_version = ${version}`);
  const insert = opened.prepare("INSERT INTO note VALUES (?)");
  opened.exec("BEGIN");
  for (let row = 0; row < rows; row += 1) insert.run(`note ${row}`);
  opened.exec("COMMIT");
  opened.close();
  return file;
}

function file(content: string): string {
  const path = join(temporaryFolder(), "plain");
  writeFileSync(path, content);
  return path;
}

describe("a copy of a database", () => {
  test("holds what was committed, and only its owner can read it", () => {
    const from = database(3);
    const to = join(temporaryFolder(), "copy.db");
    copySqlite(from, to);
    expect(inspectSqlite(to)).toEqual({ schema: 3 });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const copy = new DatabaseSync(to, { readOnly: true });
    expect(copy.prepare("SELECT count(*) AS count FROM note").get()).toEqual({ count: 2_000 });
    copy.close();
  });

  test("never takes the place of another file", () => {
    const taken = file("mine");
    expect(() => copySqlite(database(), taken)).toThrow(/EEXIST/);
    expect(readFileSync(taken, "utf8")).toBe("mine");
  });

  test("of what is no database is refused in words", () => {
    const to = join(temporaryFolder(), "copy.db");
    expect(() => copySqlite(file("x".repeat(4_096)), to)).toThrow(
      expect.objectContaining({
        code: "unavailable",
        message: expect.stringContaining("restore the newest"),
      }),
    );
    expect(() => inspectSqlite(join(temporaryFolder(), "none.db"))).toThrow(
      expect.objectContaining({
        code: "unavailable",
        message: expect.stringContaining("Check the disk"),
      }),
    );
  });
});

test("damage is told in SQLite's words", () => {
  const broken = database();
  const handle = openSync(broken, "r+");
  writeSync(handle, Buffer.alloc(2_000, 0x5a), 0, 2_000, statSync(broken).size - 3_000);
  expect(inspectSqlite(broken)).toMatchObject({ schema: 1, damage: expect.any(String) });
});

test("a database is known by its first bytes", () => {
  expect(isSqliteFile(database())).toBe(true);
  expect(isSqliteFile(file(""))).toBe(false);
  expect(isSqliteFile(file("SQLite format 4, or so it says"))).toBe(false);
});

describe("before several files are opened", () => {
  test("those of a newer program are refused, and nothing is written", () => {
    const newer = database(9);
    const before = readFileSync(newer);
    const none = join(temporaryFolder(), "none.db");
    const known = [
      { file: none, known: 1 },
      { file: database(1), known: 1 },
    ];
    expect(() => refuseNewerFiles(known)).not.toThrow();
    expect(() => refuseNewerFiles([...known, { file: newer, known: 8 }])).toThrow(
      expect.objectContaining({
        code: "unsupported",
        details: { file: newer, found: 9, known: 8 },
      }),
    );
    expect(readFileSync(newer)).toEqual(before);
  });

  test("what else is wrong with one is left to who opens it", async () => {
    const broken = file("x".repeat(4_096));
    expect(() => refuseNewerFiles([{ file: broken, known: 1 }])).not.toThrow();
    await expect(openSqlite({ file: broken, migrations: [] })).rejects.toMatchObject({
      code: "unavailable",
    });
  });
});

describe("the socket of an owner", () => {
  test("lies in its folder, where others cannot reach it", () => {
    const folder = temporaryFolder();
    expect(ownerAddress(folder, 7)).toBe(join(folder, "owner-7.sock"));
  });

  test.each([
    ["that others can enter", (folder: string) => chmodSync(folder, 0o755), ""],
    ["with a long name", () => {}, "x".repeat(120)],
  ])("of a folder %s lies in one of its own", (_what, prepare, name) => {
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    prepare(folder);
    const address = ownerAddress(folder, 7);
    expect(address).not.toContain(folder);
    expect(address).toMatch(/[0-9a-f]{16}-7\.sock$/);
    expect(ownerAddress(folder, 7)).toBe(address);
  });

  test("is refused where the temporary folder has no room for its name either", () => {
    const folder = join(temporaryFolder(), "x".repeat(120));
    useTemporaryFolder(join(temporaryFolder(), "y".repeat(80)));
    expect(() => ownerAddress(folder, 7)).toThrow(
      expect.objectContaining({
        code: "invalid_config",
        message: expect.stringContaining("set TMPDIR to a short path"),
      }),
    );
  });

  test("is never put where others may enter, though the folder has our name", () => {
    const [folder, temporary] = [join(temporaryFolder(), "x".repeat(120)), temporaryFolder()];
    useTemporaryFolder(temporary);
    const ours = join(temporary, `trestle-${userInfo().uid}`);
    mkdirSync(ours);
    chmodSync(ours, 0o777);
    expect(() => ownerAddress(folder, 7)).toThrow(
      expect.objectContaining({ code: "denied", message: expect.stringContaining(ours) }),
    );
    rmSync(ours, { recursive: true });
    expect(ownerAddress(folder, 7)).toContain(ours);
  });
});

function useTemporaryFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  vi.stubEnv("TMPDIR", path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test.each(["", "{", "7", '{"pid":1}', '{"pid":"1","fence":1,"address":"x"}'])(
  "a record of an owner that is none is nobody's: %j",
  (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "owner.json"), text);
    expect(readOwner(folder)).toBeUndefined();
    expect(readOwnerRecord(folder)).toBeUndefined();
  },
);
