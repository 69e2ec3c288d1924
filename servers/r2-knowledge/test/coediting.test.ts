import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openFolderStore, openKnowledge } from "../src/index.ts";
import { mountServer } from "./_call.ts";
import { start } from "./_processes.ts";

const random = seededRandom();
const EDITORS = 4;
const EDITS = random.rounds(8);

test("of what editors acknowledge who edit at once, some of them killed, nothing is lost", async () => {
  const path = temporaryFolder("knowledge");
  const knowledge = openKnowledge({ store: await openFolderStore({ path }), refreshMs: 0 });
  try {
    const { id } = await knowledge.store({ error: { message: "edited by many" } });
    const editors = Array.from({ length: EDITORS }, (_, n) => {
      const running = start("_editing-process.ts", path, id, `e${"bcdf"[n]}`, String(EDITS));
      return { running, killAt: n % 2 === 0 ? undefined : 1 + random.below(EDITS) };
    });
    await Promise.all(
      editors.map(async ({ running, killAt }) => {
        if (killAt !== undefined) {
          await until("some edits", () => running.said.length >= killAt, 100_000);
          running.kill();
        }
        await running.closed;
      }),
    );
    expect(editors[0]?.running.said).toHaveLength(EDITS);
    const { record } = await knowledge.get(id);
    const { all, ...own } = record.metadata as { all: string[] } & Record<string, number>;
    for (const { running } of editors) {
      for (const { token } of running.said) expect(all).toContain(token);
      const name = String(running.said[0]?.token).split("-")[0] ?? "";
      expect(own[name]).toBeGreaterThanOrEqual(running.said.length);
    }
    expect(new Set(all).size).toBe(all.length);
    // A killed one may have written its last edit and not its line.
    await knowledge.index.check({ repair: true });
    expect((await knowledge.search({ text: "edited by many" })).total).toBe(1);
  } finally {
    await knowledge.close();
  }
}, 120_000);

test("edits of different fields are merged; of the same field both values are told", async () => {
  const { call, refusal } = mountServer({ KNOWLEDGE_EVENTS: "true" });
  const stored = await call("store_diagnosis", {
    ...{ error: { message: "pool timed out" }, metadata: { team: "a", ticket: 1 } },
  });
  const id = String(stored.structuredContent.id);
  const { next: since } = (await call("list_changes", {})).structuredContent;
  const edit = (version: number, editor: string, changes: object) =>
    call("edit_diagnosis", { id, version, editor, changes } as never);
  const ann = await edit(1, "ann", { fix: "raise it", metadata: { team: "b" } });
  expect(ann.structuredContent).toMatchObject({ status: "applied", version: 2, merged: [] });
  const bob = await edit(1, "bob", { severity: "high", metadata: { ticket: 2 } });
  expect(bob.structuredContent).toMatchObject({
    ...{ status: "applied", version: 3 },
    diagnosis: { fix: "raise it", severity: "high", metadata: { team: "b", ticket: 2 } },
    merged: [
      { field: "fix", version: 2, by: "local/ann" },
      { field: "metadata.team", version: 2, by: "local/ann" },
    ],
  });
  const late = await edit(1, "carl", { fix: "restart it", context: "shop" });
  expect(late.structuredContent).toMatchObject({
    ...{ status: "conflict", version: 3 },
    conflicts: [
      { field: "fix", yours: "restart it", theirs: "raise it", version: 2, by: "local/ann" },
    ],
  });
  expect(late.structuredContent.diagnosis).not.toHaveProperty("context");
  // What is so already is no conflict, and whoever saw the newest version decides.
  const same = await edit(1, "dora", { fix: "raise it" });
  expect(same.structuredContent).toMatchObject({ status: "applied", version: 3 });
  const chosen = await edit(3, "carl", { fix: "restart it", metadata: { team: null } });
  expect(chosen.structuredContent).toMatchObject({
    diagnosis: { fix: "restart it", metadata: { ticket: 2 } },
  });
  expect(await refusal("edit_diagnosis", { id, version: 9, changes: { fix: "x" } })).toContain(
    "the newest is 4",
  );
  expect(await refusal("edit_diagnosis", { id, version: 1, changes: { fixx: "x" } })).toContain(
    "fixx",
  );
  // The plain update is seen by editors, too.
  await call("update_diagnosis", { id, version: 4, context: "shop" });
  const behind = await edit(4, "ann", { context: "cart" });
  expect(behind.structuredContent).toMatchObject({ status: "conflict" });
  const { events } = (await call("list_changes", { since: since ?? 0 })).structuredContent;
  expect(events).toMatchObject([
    { payload: { changed: ["fix", "metadata.team"], by: "local/ann", version: 2 } },
    { payload: { changed: ["severity", "metadata.ticket"], by: "local/bob" } },
    { payload: { changed: ["fix", "metadata.team"], by: "local/carl" } },
    { payload: { changed: ["context"] } },
  ]);
});

test("a record of an older tool, whose edits nobody noted, conflicts rather than losing one", async () => {
  const path = temporaryFolder("knowledge");
  const store = await openFolderStore({ path });
  const knowledge = openKnowledge({ store, refreshMs: 0 });
  const old = { id: "old", version: 3, error: { message: "m" }, fix: "theirs" };
  await store.put("mcp/diagnoses/old.json", new TextEncoder().encode(JSON.stringify(old)));
  const edit = (version: number, field: string, value: string) =>
    knowledge.edit("old", { version, changes: new Map([[field, value]]) });
  expect(await edit(2, "fix", "mine")).toMatchObject({
    ...{ status: "conflict", conflicts: [{ yours: "mine", theirs: "theirs", version: 3 }] },
  });
  expect(await edit(3, "fix", "mine")).toMatchObject({ status: "applied", version: 4 });
  expect(await edit(3, "context", "shop")).toMatchObject({ status: "applied", version: 5 });
  await knowledge.close();
});
