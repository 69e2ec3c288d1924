import { connect, createServer, type Socket } from "node:net";
import { createLineSplitter } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { readOwner, type SharedFolder, shareFolder } from "../src/index.ts";
import { readOwnerRecord, writeOwnerRecord } from "../src/owner-record.ts";
import { GREETING } from "../src/share-wire.ts";
import { temporaryFolder, until } from "./_processes.ts";

const line = (message: object) => `${JSON.stringify(message)}\n`;
const repeatable = { repeatable: true };

/** A folder whose owner, of whatever version, does this with each who comes; and a process that shares it. */
async function joinerOf(meet: (socket: Socket) => void, joinTimeoutMs = 5_000) {
  const folder = temporaryFolder();
  let met = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    met += 1;
    meet(socket);
  });
  await new Promise<void>((resolve) => server.listen(`${folder}/s`, resolve));
  onTestFinished(() => void server.close());
  writeOwnerRecord(folder, { pid: 7, startedAt: 0, fence: 1, address: `${folder}/s` });
  const shared: SharedFolder = shareFolder({
    path: folder,
    joinTimeoutMs,
    closeGraceMs: 0,
    open: async (fence) => ({ answer: async () => fence, close: async () => {} }),
  });
  onTestFinished(() => shared.close());
  return { shared, met: () => met };
}

test("who finds an owner that is always closing says farewell each time, and gives up", async () => {
  const said: string[] = [];
  const { shared } = await joinerOf((socket) => {
    socket.write(GREETING);
    socket.write(`no words\n${line({ closing: true })}`);
    socket.on("data", (chunk) => {
      said.push(String(chunk));
      socket.end();
    });
  });
  const asked = shared.call("get", null, repeatable);
  await expect(asked).rejects.toMatchObject({ code: "unavailable" });
  expect(said[0]).toBe(line({ drained: true }));
});

test("an owner that hangs up before a word is dead, and the folder is free", async () => {
  const { shared } = await joinerOf((socket) => socket.end());
  expect(await shared.call("get", null, repeatable)).toBe(2);
  expect(shared.role()).toBe("owner");
});

test("an owner that greets and says nothing more is waited for so long, and named", async () => {
  const { shared } = await joinerOf((socket) => socket.write(GREETING), 100);
  await expect(shared.call("get", null, repeatable)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("owned by process 7, which does not answer"),
    details: { pid: 7 },
  });
});

test("a call under which one owner after the other ends is given up", async () => {
  const { shared, met } = await joinerOf((socket) => {
    socket.write(GREETING);
    socket.write(line({ welcome: true }));
    socket.on("data", () => socket.destroy());
  });
  await expect(shared.call("get", null, repeatable)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("8 owners of"),
  });
  expect(met()).toBe(8);
});

test("a call that an owner refuses was never begun: the next owner answers it", async () => {
  let isGone = false;
  const { shared } = await joinerOf((socket) => {
    if (isGone) {
      socket.end();
      return;
    }
    isGone = true;
    socket.write(GREETING);
    socket.write(line({ welcome: true }));
    socket.on("data", (chunk) => {
      socket.end(line({ id: JSON.parse(String(chunk)).id, refused: true }));
    });
  });
  expect(await shared.call("get", null, { repeatable: false })).toBe(2);
});

test("a call that may not be repeated fails where its owner ends under it, and names it", async () => {
  const { shared, met } = await joinerOf((socket) => {
    socket.write(GREETING);
    socket.write(line({ welcome: true }));
    socket.on("data", () => socket.destroy());
  });
  await expect(shared.call("get", null, { repeatable: false })).rejects.toMatchObject({
    code: "outcome_unknown",
    message: expect.stringContaining("Process 7, which owned"),
  });
  expect(met()).toBe(1);
});

/** Joins a folder as a process of any version does: says what the test says, and keeps what it is told. */
async function joinAs(folder: string) {
  const socket = connect(readOwnerRecord(folder)?.address ?? "");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const lines = createLineSplitter();
  const told: string[] = [];
  socket.on("data", (chunk: Buffer) => told.push(...lines.push(chunk).lines));
  const hears = (message: object) => {
    const words = JSON.stringify(message);
    return until(words, () => told.some((one) => one.endsWith(words)));
  };
  return { say: (words: string) => socket.write(words), hears };
}

test("what an owner does not understand it leaves aside; while it closes it begins nothing more", async () => {
  const path = temporaryFolder();
  const { promise: slow, resolve: finish } = Promise.withResolvers<string>();
  const shared = shareFolder({
    path,
    open: async () => ({
      answer: async (method) => (method === "slow" ? slow : method),
      close: async () => {},
    }),
  });
  onTestFinished(() => shared.close());
  await shared.call("begin", null, repeatable);
  const joiner = await joinAs(path);
  await joiner.hears({ welcome: true });
  joiner.say(`no words\n${line({ news: 1 })}${line({ id: 1, method: "get", payload: null })}`);
  await joiner.hears({ id: 1, result: "get" });
  const running = shared.call("slow", null, repeatable);
  const closing = shared.close();
  await joiner.hears({ closing: true });
  joiner.say(line({ id: 2, method: "get", payload: null }));
  await joiner.hears({ id: 2, refused: true });
  const late = await joinAs(path);
  await late.hears({ closing: true });
  finish("done");
  joiner.say(line({ drained: true }));
  expect(await running).toBe("done");
  await closing;
});

test("an owner says of itself what others are to know", async () => {
  const path = temporaryFolder();
  const clock = { now: () => 42, after: () => () => {} };
  const open = async () => ({ answer: async () => null, close: async () => {} });
  const shared = shareFolder({ path, open, clock, talks: 3, info: { port: 7 } });
  onTestFinished(() => shared.close());
  await shared.call("get", null, repeatable);
  expect(readOwner(path)).toMatchObject({ startedAt: 42, talks: 3, info: { port: 7 } });
});
