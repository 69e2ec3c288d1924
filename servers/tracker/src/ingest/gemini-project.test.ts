import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openTemporaryStore, sourceOf, startIngestion } from "./_ingestion.ts";

test.each(["jsonl", "json"])(
  "a session of Gemini (%s) belongs to the folder that is named beside it",
  async (ext) => {
    const clock = manualClock(Date.now());
    const store = await openTemporaryStore(clock);
    const folder = temporaryFolder("gemini");
    const project = temporaryFolder("project");
    const chats = join(folder, "shop", "chats");
    mkdirSync(chats, { recursive: true });
    writeFileSync(join(folder, "shop", ".project_root"), `${project}\n`);
    const timestamp = new Date(clock.now()).toISOString();
    const header = { sessionId: "g1", projectHash: "abc", startTime: timestamp };
    const message = { id: "m1", timestamp, type: "user", content: "hello" };
    const text =
      ext === "json"
        ? JSON.stringify({ ...header, messages: [message] })
        : `${JSON.stringify(header)}\n${JSON.stringify(message)}\n`;
    writeFileSync(join(chats, `session-1.${ext}`), text);
    await startIngestion(store, clock, sourceOf("gemini", folder)).catchUp();
    expect(await store.session("gemini:g1")).toMatchObject({ cwd: project, project });
  },
);
