import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readOwner, type SharedFolder, shareFolder } from "../src/index.ts";
import { writeOwnerRecord } from "../src/owner-record.ts";
import { GREETING } from "../src/share-wire.ts";
import { temporaryFolder } from "./_processes.ts";

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

test("an owner says of itself what others are to know", async () => {
  const path = temporaryFolder();
  const clock = { now: () => 42, after: () => () => {} };
  const open = async () => ({ answer: async () => null, close: async () => {} });
  const shared = shareFolder({ path, open, clock, talks: 3, info: { port: 7 } });
  onTestFinished(() => shared.close());
  await shared.call("get", null, repeatable);
  expect(readOwner(path)).toMatchObject({ startedAt: 42, talks: 3, info: { port: 7 } });
});
