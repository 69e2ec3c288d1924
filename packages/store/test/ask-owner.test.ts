import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type JsonValue, TrestleError } from "@trestle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { askOwner } from "../src/ask-owner.ts";
import { shareFolder } from "../src/index.ts";
import { readOwnerRecord, writeOwnerRecord } from "../src/owner-record.ts";
import { GREETING } from "../src/share-wire.ts";
import { temporaryFolder } from "./_processes.ts";

const question = { method: "echo", payload: { a: 1 }, timeoutMs: 5_000 };

/** A folder that this process owns. */
async function ownedFolder(
  answer: (method: string, payload: JsonValue, signal: AbortSignal) => Promise<JsonValue>,
): Promise<string> {
  const folder = temporaryFolder();
  const shared = shareFolder({
    path: folder,
    closeGraceMs: 0,
    open: async () => ({ answer, close: async () => {} }),
  });
  onTestFinished(() => shared.close());
  await shared.call("begin", null, { repeatable: true });
  return folder;
}

/** A folder whose owner says these bytes to whoever comes. */
async function folderOf(say: (socket: Socket) => void): Promise<string> {
  const folder = temporaryFolder();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    say(socket);
  });
  await new Promise<void>((resolve) => server.listen(`${folder}/s`, resolve));
  onTestFinished(() => void server.close());
  const facts = { pid: process.pid, startedAt: 0, fence: 1 };
  writeOwnerRecord(folder, { ...facts, address: `${folder}/s` });
  return folder;
}

const line = (message: object) => `${JSON.stringify(message)}\n`;

describe("one question to the owner of a folder", () => {
  test("is answered without owning it", async () => {
    const folder = await ownedFolder(async (_method, payload) => payload);
    const owner = readOwnerRecord(folder);
    expect(await askOwner(folder, question)).toEqual({ a: 1 });
    expect(readOwnerRecord(folder)).toEqual(owner);
  });

  test("fails with what the owner failed with", async () => {
    const folder = await ownedFolder(async (method) => {
      if (method === "echo") throw new TrestleError("not_found", "No such thing.");
      return null;
    });
    const asked = askOwner(folder, question);
    await expect(asked).rejects.toMatchObject({ code: "not_found", message: "No such thing." });
  });

  test("says that nobody owns it", async () => {
    const asked = askOwner(temporaryFolder(), question);
    await expect(asked).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nobody runs"),
    });
  });

  test("waits no longer than it was told to", async () => {
    const folder = await ownedFolder(async (method) => {
      if (method === "echo") await pause(60_000, undefined, { ref: false });
      return null;
    });
    const asked = askOwner(folder, { ...question, timeoutMs: 100 });
    await expect(asked).rejects.toThrow("no answer within 100 ms");
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ["is closing", (socket) => socket.write(line({ closing: true })), "its owner is closing"],
    [
      "refuses it",
      (socket) => socket.write(line({ id: 1, refused: true })),
      "its owner is closing",
    ],
    ["goes away", (socket) => socket.end(), "the connection ended"],
  ])("says that the owner %s", async (_what, end, why) => {
    const folder = await folderOf((socket) => {
      socket.write(GREETING);
      // What it does not understand is left aside.
      socket.write(`none\n${line([])}`);
      end(socket);
    });
    const asked = askOwner(folder, question);
    await expect(asked).rejects.toMatchObject({ code: "unavailable", message: why });
  });

  test("says that the owner is dead", async () => {
    const folder = temporaryFolder();
    writeOwnerRecord(folder, { pid: 1, startedAt: 0, fence: 1, address: `${folder}/gone` });
    await expect(askOwner(folder, question)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("is written once the owner said welcome, whose greeting may come in pieces", async () => {
    const folder = await folderOf((socket) => {
      socket.write(GREETING);
      socket.write(line({ welcome: true }));
      socket.once("data", (chunk) => {
        const { id, method } = JSON.parse(String(chunk));
        socket.write(line({ id, result: method }));
      });
    });
    expect(await askOwner(folder, question)).toBe("echo");
  });
});
