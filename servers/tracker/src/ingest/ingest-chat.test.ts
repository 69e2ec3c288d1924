import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createDrain } from "../drain/drain.ts";
import { createExtractors } from "../facts/extractors.ts";
import { createRecordRedact } from "../redact/redact-record.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { createTaskDirectory } from "../tasks/task-directory.ts";
import { createChatIngest } from "./ingest-chat.ts";
import { createSessionProjects } from "./session-projects.ts";

async function open() {
  const store = await openSqliteStore({ folder: temporaryFolder() });
  const ingest = createChatIngest({
    store,
    extractors: createExtractors({ drain: createDrain(), tasks: createTaskDirectory() }),
    redact: createRecordRedact(),
    projectOf: createSessionProjects(store),
    now: () => Date.UTC(2026, 0, 1),
  });
  return { store, ingest, [Symbol.asyncDispose]: () => store.close() };
}

test("a pasted chat is stored once, and what was added to it is added", async () => {
  await using opened = await open();
  const text = "User: mend the cart\nAssistant: I did.\n";
  const first = await opened.ingest({ text, sessionId: "cart" });
  expect(first).toMatchObject({ format: "chat", sessions: ["chat:cart"], records: 2, known: 0 });
  expect(await opened.ingest({ text, sessionId: "cart" })).toMatchObject({ records: 0, known: 2 });
  const more = `${text}User: thanks, and now the till\n`;
  expect(await opened.ingest({ text: more, sessionId: "cart" })).toMatchObject({ records: 1 });
  // And two that say that there was no more.
  expect((await opened.store.stats()).records).toBe(5);
});

test("a request at the end of a pasted chat is unanswered until more of it is pasted", async () => {
  await using opened = await open();
  const text =
    "User: mend the cart\nAssistant: I did.\nUser: Please write the tests of the till.\n";
  const { tasks } = await opened.ingest({ text, sessionId: "cart" });
  const [id = ""] = tasks;
  expect(tasks).toHaveLength(1);
  expect(await opened.store.task(id)).toMatchObject({ status: "open" });
  expect(await opened.ingest({ text, sessionId: "cart" })).toMatchObject({ tasks: [] });
  const more = `${text}Assistant: They are written, and they pass.\n`;
  await opened.ingest({ text: more, sessionId: "cart" });
  expect(await opened.store.task(id)).toMatchObject({ status: "done" });
});

test("pasted lines of a transcript are read as that, and told where they are none", async () => {
  await using opened = await open();
  const line = {
    type: "user",
    uuid: "u1",
    sessionId: "s1",
    timestamp: "2026-01-01T00:00:00.000Z",
    message: { role: "user", content: "hello" },
  };
  const text = `${JSON.stringify(line)}\nnot JSON`;
  expect(await opened.ingest({ text })).toMatchObject({
    format: "claude-code",
    sessions: ["claude-code:s1"],
    records: 1,
    skipped: { "not JSON": 1 },
  });
});

test("too much at once is refused with what to do", async () => {
  await using opened = await open();
  await expect(opened.ingest({ text: "x".repeat(17 << 20) })).rejects.toThrow(/give it in parts/);
});
