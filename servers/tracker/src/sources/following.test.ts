import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemClock } from "@trestle/protocol";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createMemory, logAt, startFollowing } from "./_following.ts";

test("a log goes on after a restart where it was left", async () => {
  const path = join(temporaryFolder(), "app.log");
  const memory = createMemory();
  writeFileSync(path, "1\n2\n3");
  const first = startFollowing([logAt(path)], memory);
  await first.look();
  await first.close();
  appendFileSync(path, "3\n4\n");
  await startFollowing([logAt(path)], memory).look();
  expect(memory.lines).toEqual(["1", "2", "33", "4"]);
});

test.each(["app.log", "*.log*"])(
  "what was written before a log of %s was renamed is read",
  async (name) => {
    const folder = temporaryFolder();
    const path = join(folder, "app.log");
    const memory = createMemory();
    writeFileSync(path, "1\n");
    const following = startFollowing([logAt(join(folder, name))], memory);
    await following.look();
    appendFileSync(path, "2\n");
    renameSync(path, `${path}.1`);
    writeFileSync(path, "3\n");
    await following.look();
    await following.look();
    expect(memory.lines.toSorted()).toEqual(["1", "2", "3"]);

    await following.close();
    appendFileSync(path, "4\n");
    renameSync(`${path}.1`, `${path}.2`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, "5\n");
    await startFollowing([logAt(join(folder, name))], memory).look();
    expect(memory.lines.toSorted()).toEqual(["1", "2", "3", "4", "5"]);
  },
);

test.each(["app.log", "*.log*"])(
  "what was copied and truncated of a log of %s is read once",
  async (name) => {
    const folder = temporaryFolder();
    const path = join(folder, "app.log");
    const memory = createMemory();
    writeFileSync(path, "1\n2\n");
    const clock = manualClock(Date.now());
    const following = startFollowing([logAt(join(folder, name))], memory, { clock });
    await following.look();
    appendFileSync(path, "3\n");
    copyFileSync(path, `${path}.1`);
    await following.look(); // between the copy and the truncation
    appendFileSync(path, "lost to all but who reads the log itself\n");
    await following.look();
    truncateSync(path, 0);
    appendFileSync(path, "4\n5\n6\n7\n8\n9\n");
    await following.look();
    clock.advance(60_000);
    await following.look();
    expect(memory.lines.filter((line) => line.length === 1).toSorted()).toEqual([..."123456789"]);

    // Twice while nobody read.
    await following.close();
    appendFileSync(path, "a\n");
    renameSync(`${path}.1`, `${path}.2`);
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, "b\n");
    const again = startFollowing([logAt(join(folder, name))], memory, { clock });
    await again.look();
    clock.advance(60_000);
    await again.look();
    expect(memory.lines.filter((line) => line.length === 1).toSorted()).toEqual([..."123456789ab"]);
  },
);

test.each(["copied", "renamed"])(
  "what was copied and truncated, and then %s again before anybody read, is read once",
  async (second) => {
    const folder = temporaryFolder();
    const path = join(folder, "app.log");
    const memory = createMemory();
    writeFileSync(path, "1\n2\n");
    const clock = manualClock(Date.now());
    const following = startFollowing([logAt(`${path}*`)], memory, { clock, concurrency: 1 });
    await following.look();
    appendFileSync(path, "3\n");
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, "4\n5\n6\n7\n");
    if (second === "renamed") renameSync(path, `${path}.2`);
    else {
      copyFileSync(path, `${path}.2`);
      truncateSync(path, 0);
    }
    appendFileSync(path, "8\n");
    const now = Date.now() / 1_000;
    // The newest are read first.
    for (const [name, age] of [
      ["", 0],
      [".2", 10],
      [".1", 20],
    ] as const) {
      utimesSync(`${path}${name}`, now - age, now - age);
    }
    for (let round = 0; round < 4; round += 1) {
      await following.look();
      clock.advance(60_000);
    }
    expect(memory.lines.toSorted()).toEqual([..."12345678"]);
  },
);

test("a log that is deleted and written anew is read anew, though it got the same inode", async () => {
  const path = join(temporaryFolder(), "app.log");
  const memory = createMemory();
  const following = startFollowing([logAt(path)], memory);
  for (const round of ["1", "2", "3"]) {
    writeFileSync(path, `start\n${round}\n`);
    await following.look();
    rmSync(path);
    await following.look();
  }
  expect(memory.lines).toEqual(["start", "1", "start", "2", "start", "3"]);
  const [missing] = following.problems.list();
  expect(missing).toMatchObject({ kind: "missing", about: path });
  writeFileSync(path, "4\n");
  await following.look();
  expect(following.problems.list()).toEqual([]);
});

test("the copy of a log that got the inode of a deleted file is read on from where the log was read", async () => {
  const path = join(temporaryFolder(), "app.log");
  const memory = createMemory();
  const clock = manualClock(Date.now());
  writeFileSync(path, "1\n2\n");
  const first = startFollowing([logAt(`${path}*`)], memory, { clock });
  await first.look();
  await first.close();
  appendFileSync(path, "3\n");
  copyFileSync(path, `${path}.1`);
  // As if another log had been read, and deleted, under the key that the copy has.
  const [own] = memory.cursors.values();
  if (own === undefined) throw new Error("nothing was read");
  const key = own.key.replace(/\d+$/, String(statSync(`${path}.1`).ino));
  const [head, tail] = ["0".repeat(40), "1".repeat(40)];
  memory.cursors.set(key, { ...own, key, path: `${path}.0`, offset: 2, headLength: 2, head, tail });
  truncateSync(path, 0);
  appendFileSync(path, "4\n");
  const again = startFollowing([logAt(`${path}*`)], memory, { clock });
  await again.look();
  clock.advance(60_000);
  await again.look();
  expect(memory.lines.toSorted()).toEqual([..."1234"]);
});

test("a last line of text without an end is read when it is quiet", async () => {
  const path = join(temporaryFolder(), "app.log");
  const memory = createMemory();
  const clock = manualClock(Date.now());
  writeFileSync(path, "1\n2");
  const following = startFollowing([logAt(path)], memory, { clock });
  await following.look();
  expect(memory.lines).toEqual(["1"]);
  clock.advance(10_000);
  await following.look();
  expect(memory.lines).toEqual(["1", "2"]);
});

test("the newest transcripts come first, and none of what is no transcript", async () => {
  const folder = temporaryFolder();
  const memory = createMemory();
  const day = 86_400;
  const now = Date.now() / 1_000;
  for (let n = 0; n < 5; n += 1) {
    mkdirSync(join(folder, `p${n}`, "memory"), { recursive: true });
    const path = join(folder, `p${n}`, "session.jsonl");
    writeFileSync(path, `{"n":${n}}\n`);
    utimesSync(path, now - (10 - n) * day, now - (10 - n) * day);
    writeFileSync(join(folder, `p${n}`, "memory", "not.jsonl"), "{}\n");
    writeFileSync(join(folder, `p${n}`, "x.orphaned-1.jsonl"), "{}\n");
  }
  symlinkSync(join(folder, "p1", "session.jsonl"), join(folder, "p1", "link.jsonl"));
  const source = { name: "c", kind: "claude-code", path: folder, isAskedFor: false } as const;
  await startFollowing([source], memory, { concurrency: 1 }).look();
  expect(memory.lines.map((line) => JSON.parse(line).n)).toEqual([4, 3, 2, 1, 0]);
});

test("what the store refuses is read again once it takes it", async () => {
  const path = join(temporaryFolder(), "app.log");
  const memory = createMemory();
  memory.fail = true;
  writeFileSync(path, "1\n");
  const clock = manualClock(Date.now());
  const following = startFollowing([logAt(path)], memory, { clock });
  await following.look();
  expect(following.problems.list()).toMatchObject([{ kind: "store-unavailable", about: "app" }]);
  memory.fail = false;
  clock.advance(1_000);
  await following.tailer.settled();
  expect(memory.lines).toEqual(["1"]);
  expect(following.problems.list()).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)(
  "what may not be read is told, and read once it may",
  async () => {
    const path = join(temporaryFolder(), "app.log");
    const memory = createMemory();
    writeFileSync(path, "1\n");
    chmodSync(path, 0);
    const clock = manualClock(Date.now());
    const following = startFollowing([logAt(path)], memory, { clock });
    await following.look();
    expect(following.problems.list()).toMatchObject([{ kind: "not-permitted", about: path }]);
    chmodSync(path, 0o600);
    clock.advance(60_000);
    await following.look();
    expect(memory.lines).toEqual(["1"]);
  },
);

test.each(["auto", "poll"] as const)("what appears while it runs is read (%s)", async (watch) => {
  const folder = temporaryFolder();
  const memory = createMemory();
  const source = { name: "c", kind: "claude-code", path: folder, isAskedFor: true } as const;
  const following = startFollowing([source], memory, { watch, clock: systemClock });
  following.start();
  mkdirSync(join(folder, "project", "session", "subagents"), { recursive: true });
  const main = join(folder, "project", "session.jsonl");
  writeFileSync(main, '{"n":1}\n');
  await until("the first line", () => memory.lines.length === 1);
  appendFileSync(main, '{"n":2}\n');
  writeFileSync(join(folder, "project", "session", "subagents", "agent-a.jsonl"), '{"n":3}\n');
  await until("all lines", () => memory.lines.length === 3);
  expect(memory.lines.map((line) => JSON.parse(line).n).toSorted()).toEqual([1, 2, 3]);
});
