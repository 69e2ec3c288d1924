import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { miniflareFolder } from "@trestle/testkit/miniflare-bucket";
import { bundleWorker, startWorkerd } from "@trestle/testkit/workerd";
import { expect, onTestFinished, test } from "vitest";
import { type Peer, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";

const ENTRY = fileURLToPath(
  new URL("../../../servers/objects/worker/src/index.ts", import.meta.url),
);
const workerdFolder = await miniflareFolder();
const ROUNDS = 6;

const HOSTS = [
  { name: "at home", isThere: true, settings: async () => ({}) },
  { name: "in workerd", isThere: workerdFolder !== undefined, settings: startWorker },
] as const;

/** The settings by which the objects server uses a worker. */
async function startWorker(): Promise<{ readonly OBJECTS_URL: string }> {
  const worker = await startWorkerd({
    folder: workerdFolder ?? "",
    script: await bundleWorker(ENTRY),
    objects: { OBJECTS: "ObjectHost", REGISTRY: "ObjectRegistry" },
    bindings: { OBJECTS_ACCESS: "anonymous" },
    data: createPlace().root,
    port: 0,
  });
  onTestFinished(() => worker.close());
  return { OBJECTS_URL: worker.url };
}

/** Two clients, each with a bridge process of its own, in one home. */
async function openTwo(env: JsonObject, objects: JsonObject = {}) {
  const place = createPlace();
  place.configure({
    mcpServers: {
      objects: { embedded: "objects", env: objects },
      knowledge: { embedded: "knowledge", env: { TRESTLE_PROFILE: "all", ...env } },
    },
  });
  const { peer: ann } = await serveStdio(place, "modern");
  const { peer: bob } = await serveStdio(place, "legacy");
  return { ann, bob };
}

async function call(peer: Peer, name: string, args: JsonObject): Promise<JsonObject> {
  const { result, error } = await peer.call(name, args);
  if (error) throw new Error(error.message);
  if (result?.isError) throw new Error(JSON.stringify(result.content));
  return result?.structuredContent as JsonObject;
}

const edit = (peer: Peer, args: JsonObject) => call(peer, "knowledge__edit_diagnosis", args);

async function stored(peer: Peer, message: string): Promise<string> {
  const { id } = await call(peer, "knowledge__store_diagnosis", { error: { message } });
  return String(id);
}

/** The document that editors of a diagnosis share. */
async function documentOf(peer: Peer, id: string): Promise<JsonObject> {
  const object = { class: "document", id: `diagnosis.${id}` };
  const { state } = await call(peer, "objects__object_get", object);
  return state as JsonObject;
}

async function recordOf(peer: Peer, id: string): Promise<JsonObject> {
  const { diagnosis } = await call(peer, "knowledge__get_diagnosis", { id });
  return diagnosis as JsonObject;
}

for (const { name, isThere, settings } of HOSTS) {
  test.skipIf(!isThere)(
    `two who edit a diagnosis at once share an object ${name}`,
    async () => {
      const objects = await settings();
      const { ann, bob } = await openTwo({ KNOWLEDGE_SHARED_OBJECTS: "objects" }, objects);
      const id = await stored(ann, "pool timed out");

      const editAll = async (peer: Peer, key: string) => {
        for (let n = 1, version = 1; n <= ROUNDS; n += 1) {
          const edited = await edit(peer, { id, version, changes: { metadata: { [key]: n } } });
          expect(edited.status).toBe("applied");
          version = Number(edited.version);
        }
      };
      await Promise.all([editAll(ann, "ann"), editAll(bob, "bob")]);
      const record = await recordOf(ann, id);
      expect(record).toMatchObject({
        ...{ version: 1 + 2 * ROUNDS, metadata: { ann: ROUNDS, bob: ROUNDS } },
      });
      expect((await documentOf(bob, id)).content).toMatchObject(shownOf(record));

      const version = Number(record.version);
      const both = await Promise.all([
        edit(ann, { id, version, changes: { fix: "raise it" } }),
        edit(bob, { id, version, changes: { fix: "restart it" } }),
      ]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(["applied", "conflict"]);
      const { fix } = await recordOf(ann, id);
      const lost = both.find(({ status }) => status === "conflict");
      expect(lost).toMatchObject({
        ...{ version: version + 1, diagnosis: { fix } },
        conflicts: [{ field: "fix", theirs: fix, version: version + 1 }],
      });
      expect((await documentOf(ann, id)).content).toMatchObject({ fix, version: version + 1 });
    },
    60_000,
  );
}

/** What both the record and its document say. */
function shownOf({ id, version, error, metadata }: JsonObject): JsonObject {
  return { ...{ id, version, metadata }, error: { message: (error as JsonObject).message } };
}

test("what never came into the record is written over, and changes of others are merged", async () => {
  const { ann, bob } = await openTwo({ KNOWLEDGE_SHARED_OBJECTS: "objects" });
  const id = await stored(ann, "queue is full");
  await edit(ann, { id, version: 1, changes: { fix: "drain it" } });
  const { version, content } = await documentOf(ann, id);
  // As an editor leaves it who is killed before the record is written, or whoever may call objects.
  await call(bob, "objects__object_call", {
    ...{ class: "document", id: `diagnosis.${id}`, method: "update" },
    args: { version, content: { ...(content as JsonObject), version: 3, fix: "never mind" } },
  });
  expect(await recordOf(ann, id)).toMatchObject({ version: 2, fix: "drain it" });
  await call(bob, "knowledge__update_diagnosis", { id, version: 2, severity: "high" });

  expect(await edit(ann, { id, version: 2, changes: { context: "shop" } })).toMatchObject({
    ...{ status: "applied", version: 4, merged: [{ field: "severity" }] },
  });
  const wanted = { version: 4, fix: "drain it", severity: "high", context: "shop" };
  expect(await recordOf(bob, id)).toMatchObject(wanted);
  expect((await documentOf(bob, id)).content).toMatchObject(wanted);
});

test("an edit whose shared object cannot be reached is refused with words, and writes nothing", async () => {
  const { ann } = await openTwo({ KNOWLEDGE_SHARED_OBJECTS: "nobody" });
  const id = await stored(ann, "disk is full");
  await expect(edit(ann, { id, version: 1, changes: { fix: "tidy up" } })).rejects.toThrow(
    /objects of the server \\"nobody\\" \(KNOWLEDGE_SHARED_OBJECTS\), which failed: .*nobody/,
  );
  const record = await recordOf(ann, id);
  expect(record).toMatchObject({ version: 1 });
  expect(record).not.toHaveProperty("fix");

  const sealed = { KNOWLEDGE_SHARED_OBJECTS: "objects", KNOWLEDGE_SEAL: "true" };
  const { ann: other } = await openTwo(sealed);
  await expect(stored(other, "anything")).rejects.toThrow(/leave out one of both/);
});
