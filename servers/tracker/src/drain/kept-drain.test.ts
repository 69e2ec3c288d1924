import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { createKeptDrain } from "./kept-drain.ts";

async function openStore() {
  const store = await openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  return store;
}

test("templates are the same after a restart", async () => {
  const store = await openStore();
  const first = createKeptDrain(store);
  await first.restore();
  first.drain.add("connection to shop lost after retry again");
  const { id, text } = first.drain.add("connection to till lost after retry again");
  await first.save(1);

  const second = createKeptDrain(store);
  await second.restore();
  expect(second.drain.add("connection to cart lost after retry again")).toEqual({
    ...{ id, text },
    size: 3,
  });
});

test("what nothing was added to is not written again", async () => {
  const store = await openStore();
  const kept = createKeptDrain(store);
  kept.drain.add("one");
  await kept.save(1);
  await kept.save(2);
  expect(await store.document("setting", "drain")).toMatchObject({ at: 1 });
});

test("templates of another version are found anew", async () => {
  const store = await openStore();
  const value = { version: 0, next: 7, clusters: [] };
  await store.putDocuments([{ kind: "setting", key: "drain", at: 1, value }]);
  const kept = createKeptDrain(store);
  await kept.restore();
  expect(kept.drain.add("one")).toMatchObject({ id: 1 });
});
