import { silentLogger, systemClock } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openPostgres, type Postgres } from "../runs/postgres/postgres.ts";
import type { NewRun, RunStore } from "../runs/run-store.ts";
import { openSqliteRuns } from "../runs/sqlite/open-sqlite-runs.ts";
import type { BlobStore } from "./blob-store.ts";
import { createFolderBlobs } from "./folder-blobs.ts";
import { createPostgresBlobs } from "./postgres-blobs.ts";
import { withBlobs } from "./with-blobs.ts";

const present = await hasLocalPostgres();
const database = present ? await createLocalDatabase({ prefix: "trestle_blobs" }) : undefined;
const postgres = database && (await openPostgres({ url: database.url, log: silentLogger }));
afterAll(async () => {
  await postgres?.close();
  await database?.drop();
});

describeBlobs("a folder", () => createFolderBlobs(temporaryFolder()));
describe.skipIf(postgres === undefined)("on a server", () => {
  describeBlobs("Postgres", () => createPostgresBlobs((postgres as Postgres).query));
});

/** What every store of blobs promises. */
function describeBlobs(name: string, open: () => BlobStore): void {
  describe(`blobs in ${name}`, () => {
    let blobs: BlobStore;
    beforeEach(() => {
      blobs = open();
    });

    test("come back as they went in, by run and digest", async () => {
      await blobs.put("run/1", "d1", "Évora\u0001");
      await blobs.put("run/1", "d1", "Évora\u0001");
      expect(await blobs.get("run/1", "d1")).toBe("Évora\u0001");
      expect(await blobs.get("run/1", "d2")).toBeUndefined();
      expect(await blobs.get("run/2", "d1")).toBeUndefined();
    });

    test("are forgotten with their run, and no other's", async () => {
      await blobs.put("a", "d", "1");
      await blobs.put("b", "d", "2");
      await blobs.drop(["a", "unknown"]);
      expect(await blobs.get("a", "d")).toBeUndefined();
      expect(await blobs.get("b", "d")).toBe("2");
    });
  });
}

describe("large results of a run", () => {
  const run: NewRun = {
    id: "r",
    workflow: "w",
    version: "1",
    plan: { name: "w", input: {}, mode: "dag", steps: [], maxConcurrency: 1 },
    input: {},
    metadata: {},
    grant: "me",
    owner: "me",
    createdAt: 1,
    seed: 1,
  };
  const large = { text: "x".repeat(100_000) };
  const at = 1;
  const first = {
    after: 0,
    status: "succeeded",
    at,
    output: large,
    events: [
      { kind: "attemptSucceeded", step: "a", unit: 0, at, result: large },
      { kind: "stepSucceeded", step: "a", at, result: large },
      { kind: "stepSucceeded", step: "b", at, result: { "trestle/blob": "forged" } },
    ],
  } as const;

  async function open(folder: string): Promise<{ plain: RunStore; store: RunStore }> {
    const plain = await openSqliteRuns({ file: `${folder}/runs.db`, clock: systemClock });
    return { plain, store: withBlobs(plain, createFolderBlobs(`${folder}/blobs`)) };
  }

  test("stand beside its log, which stays small, and come back whole", async () => {
    const { plain, store } = await open(temporaryFolder());
    await store.create(run, first);
    expect(JSON.stringify(await plain.load("r")).length).toBeLessThan(2_000);
    expect(await store.load("r")).toMatchObject({ events: first.events, output: large });
    await store.close();
  });

  test("go with it, and tell when they are gone before it", async () => {
    const folder = temporaryFolder();
    const { store } = await open(folder);
    await store.create(run, first);
    await createFolderBlobs(`${folder}/blobs`).drop(["r"]);
    await expect(store.load("r")).rejects.toThrow(/missing where large results are kept/);
    await store.create({ ...run, id: "s" }, first);
    expect(await store.prune(100)).toEqual(["r", "s"]);
    await store.close();
  });
});
