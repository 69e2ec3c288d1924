import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Membership, ownFolder, readOwner } from "../src/index.ts";
import {
  seededRandom,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from "./_processes.ts";

interface Mark {
  readonly word: string;
  readonly fence: number;
  readonly pid: number;
}

function marksOf(journal: string): Mark[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const [word = "", fence, pid] = line.split(" ");
    return { word, fence: Number(fence), pid: Number(pid) };
  });
}

/** Once an owner has begun, no earlier one leaves a mark any more. */
function expectOneOwnerAtATime(marks: readonly Mark[]): void {
  let current = 0;
  for (const { word, fence } of marks) {
    if (word === "begin") expect(fence).toBeGreaterThan(current);
    else expect(fence).toBe(current);
    current = fence;
  }
}

async function own(path: string, onJoin: (socket: Socket) => void = () => {}): Promise<Membership> {
  const membership = await ownFolder({ path, onJoin, joinTimeoutMs: 2_000 });
  onTestFinished(() => membership.close());
  return membership;
}

const role = (member: TestProcess) => member.said.at(-1)?.role;

describe("one owner for each data folder", () => {
  test("of three processes one owns and two join it", async () => {
    const folder = temporaryFolder();
    const data = join(folder, "data");
    const members = [1, 2, 3].map(() =>
      startProcess("_member.ts", [data, join(folder, "journal")]),
    );
    await until("all have a role", () => members.every(role));
    expect(members.map(role).sort()).toEqual(["joined", "joined", "owner"]);
    const owner = members.find((member) => role(member) === "owner");
    expect(readOwner(data)).toMatchObject({ pid: owner?.pid, fence: 1 });
  });

  test("a killed owner is succeeded within a second, by a higher fence", async () => {
    const folder = temporaryFolder();
    const journal = join(folder, "journal");
    const members = [1, 2, 3].map(() =>
      startProcess("_member.ts", [join(folder, "data"), journal]),
    );
    await until("all have a role", () => members.every(role));
    const killed = performance.now();
    await members.find((member) => role(member) === "owner")?.kill();
    await until("a successor", () => marksOf(journal).some(({ fence }) => fence > 1), 1_000);
    process.stderr.write(`takeover ${(performance.now() - killed).toFixed(1)} ms\n`);
    expectOneOwnerAtATime(marksOf(journal));
  });

  test("random deaths, stops and farewells never make two owners", async () => {
    const { next, rounds } = seededRandom();
    const folder = temporaryFolder();
    const journal = join(folder, "journal");
    const start = () => startProcess("_member.ts", [join(folder, "data"), journal]);
    const members = [start(), start(), start()];
    await until("all have a role", () => members.every(role));
    for (let round = 0; round < rounds(15); round += 1) {
      const at = Math.floor(next() * members.length);
      const member = members[at] as TestProcess;
      const deed = next();
      if (deed < 0.2) member.child.kill("SIGSTOP");
      if (deed > 0.8) await member.ask("close").catch(() => {});
      await member.kill();
      members[at] = start();
      // Sometimes the next death comes before the successor of this one is known.
      if (next() < 0.6) await until("one owner, all in", () => settled(members, journal), 5_000);
    }
    await until("one owner, all in", () => settled(members, journal), 5_000);
    expectOneOwnerAtATime(marksOf(journal));
  }, 120_000);

  test("a stopped owner is not robbed, and a newcomer waits for it", async () => {
    const folder = temporaryFolder();
    const data = join(folder, "data");
    const owner = startProcess("_member.ts", [data, join(folder, "journal")]);
    await until("an owner", () => role(owner));
    owner.child.kill("SIGSTOP");
    const impatient = ownFolder({ path: data, onJoin() {}, joinTimeoutMs: 100 });
    await expect(impatient).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`process ${owner.pid}, which does not answer`),
    });
    const patient = own(data);
    expect(readOwner(data)?.pid).toBe(owner.pid);
    owner.child.kill("SIGCONT");
    expect(await patient).toMatchObject({ role: "joined", owner: { pid: owner.pid } });
  });

  test("an owner that does not listen is named, with what to do", async () => {
    const folder = temporaryFolder();
    await own(folder);
    const record = { ...readOwner(folder), address: join(folder, "nobody.sock") };
    writeFileSync(join(folder, "owner.json"), JSON.stringify(record));
    const joining = ownFolder({ path: folder, onJoin() {}, joinTimeoutMs: 100 });
    await expect(joining).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`process ${process.pid}, which does not answer`),
    });
  });

  test("an owner of which nothing can be read is waited for all the same, and told of", async () => {
    const folder = temporaryFolder();
    await own(folder);
    writeFileSync(join(folder, "owner.json"), "{}");
    const joining = ownFolder({ path: folder, onJoin() {}, joinTimeoutMs: 20 });
    await expect(joining).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("owned by another process, which does not answer"),
      details: { folder },
    });
  });

  test("waiting for an owner can be cancelled", async () => {
    const folder = temporaryFolder();
    await own(folder);
    writeFileSync(join(folder, "owner.json"), "{}");
    const stop = new AbortController();
    const joining = ownFolder({ path: folder, onJoin() {}, signal: stop.signal });
    stop.abort();
    await expect(joining).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("within one process", () => {
  test("a second call joins the first, and bytes pass both ways", async () => {
    const folder = temporaryFolder();
    const owner = await own(folder, (socket) => socket.pipe(socket));
    const joined = await own(folder);
    expect([owner.role, joined.role]).toEqual(["owner", "joined"]);
    if (joined.role !== "joined") return;
    joined.socket.write("hello");
    const [echo] = await new Promise<Buffer[]>((resolve) =>
      joined.socket.once("data", (...chunks: Buffer[]) => resolve(chunks)),
    );
    expect(echo?.toString()).toBe("hello");
  });

  test("closing the owner ends the joiners' sockets and frees the folder", async () => {
    const folder = temporaryFolder();
    const owner = await own(folder);
    const joined = await own(folder);
    const ended = new Promise((resolve) => {
      if (joined.role === "joined") joined.socket.once("close", resolve);
    });
    await owner.close();
    await ended;
    expect(readOwner(folder)).toBeUndefined();
    expect(await own(folder)).toMatchObject({ role: "owner", fence: 2 });
  });

  test("the owner's info is told to joiners and can be renewed", async () => {
    const folder = temporaryFolder();
    const owner = await ownFolder({ path: folder, onJoin() {}, info: { port: 1 } });
    onTestFinished(() => owner.close());
    expect(readOwner(folder)?.info).toEqual({ port: 1 });
    if (owner.role === "owner") owner.updateInfo({ port: 2 });
    expect(await own(folder)).toMatchObject({ owner: { info: { port: 2 } } });
  });

  test("what a dead owner left behind is replaced", async () => {
    const folder = temporaryFolder();
    const address = join(folder, "owner-7.sock");
    writeFileSync(address, "");
    writeFileSync(join(folder, "owner.json"), JSON.stringify({ pid: 1, fence: 7, address }));
    expect(readOwner(folder)).toBeUndefined();
    expect(await own(folder)).toMatchObject({ role: "owner", fence: 8 });
    expect(existsSync(address)).toBe(false);
  });

  test("a path too long for a socket is served from a private folder elsewhere", async () => {
    const folder = join(temporaryFolder(), "long".repeat(30));
    await own(folder);
    const address = readOwner(folder)?.address ?? "";
    expect(address.startsWith(folder)).toBe(false);
    expect(statSync(address).mode & 0o777).toBe(0o600);
    expect((await own(folder)).role).toBe("joined");
  });

  test("a folder that others can enter gets its socket elsewhere too", async () => {
    const folder = join(temporaryFolder(), "open");
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await own(folder);
    expect(readOwner(folder)?.address.startsWith(folder)).toBe(false);
  });

  test("nobody else can read what the owner writes", async () => {
    const folder = join(temporaryFolder(), "data");
    await own(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ["owner.json", "owner.lock", "owner-1.sock"]) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  test("a path that is no folder is refused with a sentence", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const owning = ownFolder({ path: file, onJoin() {} });
    await expect(owning).rejects.toMatchObject({ code: "invalid_config" });
  });

  test("a lock that is damaged, or none, is refused with what to do about it", async () => {
    const folder = temporaryFolder();
    const lock = join(folder, "owner.lock");
    const owning = () => ownFolder({ path: folder, onJoin() {} });
    writeFileSync(lock, "no database ".repeat(500));
    await expect(owning()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/owner\.lock: .+ then delete this file/),
    });
    rmSync(lock);
    mkdirSync(lock);
    await expect(owning()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/owner\.lock: .+ Check the disk/),
    });
    rmSync(lock, { recursive: true });
    expect((await own(folder)).role).toBe("owner");
  });

  test("an address that is taken gives the lock back", async () => {
    const folder = temporaryFolder();
    const squatter = createServer().listen(join(folder, "blocked"));
    onTestFinished(() => void squatter.close());
    mkdirSync(join(folder, "owner-1.sock"));
    await expect(ownFolder({ path: folder, onJoin() {} })).rejects.toThrow();
    expect(readOwner(folder)).toBeUndefined();
  });
});

function settled(members: readonly TestProcess[], journal: string): boolean {
  const last = marksOf(journal).at(-1);
  const owners = members.filter((member) => role(member) === "owner");
  return members.every(role) && owners.length === 1 && owners[0]?.pid === last?.pid;
}

describe("a folder that is owned in another language", () => {
  test.each([
    [2, 1, "of a newer version"],
    [1, 2, "of an older version"],
  ])("(%i, ours is %i) is left alone, and says by whom", async (theirs, ours, which) => {
    const path = temporaryFolder();
    const owner = await ownFolder({ path, talks: theirs, onJoin: () => {} });
    onTestFinished(() => owner.close());
    const joining = ownFolder({ path, talks: ours, onJoin: () => {} });
    await expect(joining).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(which),
      details: { pid: process.pid, talks: theirs, ours },
    });
  });

  test("is free once that owner is gone", async () => {
    const path = temporaryFolder();
    const owner = await ownFolder({ path, talks: 2, onJoin: () => {} });
    await owner.close();
    expect(await own(path)).toMatchObject({ role: "owner" });
  });

  test("is not waited for by who does not want it any more", async () => {
    const signal = AbortSignal.abort();
    const cancelled = ownFolder({ path: temporaryFolder(), onJoin: () => {}, signal });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});
