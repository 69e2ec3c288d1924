import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  type RequestContext,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { miniflareFolder } from "@trestle/testkit/miniflare-bucket";
import { bundleWorker, startWorkerd, type Workerd } from "@trestle/testkit/workerd";
import { server } from "@trestle-mcp/r2-knowledge";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { callByHttp, type Peer, serveStdio } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";

const ENTRY = fileURLToPath(
  new URL("../../../servers/objects/worker/src/index.ts", import.meta.url),
);
const workerdFolder = await miniflareFolder();
const EDITS = 6;
const CONTEXT: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};

/**
 * What keeps the objects: both in a run that repeats itself, else one by the seed, since each keeps the same contract
 * by the tests of the objects server, and the starts of bridges are what takes long here.
 */
const { ROUNDS: ALL, SEED = String(Date.now() % 1_000_000) } = process.env;
const all = ["at home", ...(workerdFolder === undefined ? [] : ["in workerd"])];
const places = ALL ? all : all.filter((_, index) => index === Number(SEED) % all.length);

/** The settings by which the objects server uses it. */
const hosts: Record<string, JsonObject> = { "at home": {} };
const data = mkdtempSync(join(tmpdir(), "trestle-shared-objects-"));
let worker: Workerd | undefined;

beforeAll(async () => {
  process.stderr.write(`SEED=${SEED}: ${places.join(", ")}\n`);
  if (workerdFolder === undefined || !places.includes("in workerd")) return;
  worker = await startWorkerd({
    ...{ folder: workerdFolder, script: await bundleWorker(ENTRY), port: 0 },
    objects: { OBJECTS: "ObjectHost", REGISTRY: "ObjectRegistry" },
    bindings: { OBJECTS_ACCESS: "anonymous" },
    data,
  });
  hosts["in workerd"] = { OBJECTS_URL: worker.url };
}, 60_000);
afterAll(async () => {
  await worker?.close();
  rmSync(data, { recursive: true, force: true });
});

/** Two clients, each with a bridge process of its own, in one home. */
async function openTwo(settings: JsonObject, objects: JsonObject = {}) {
  const place = createPlace();
  const env = { TRESTLE_PROFILE: "all", ...settings };
  place.configure({
    mcpServers: {
      objects: { embedded: "objects", env: objects },
      knowledge: { embedded: "knowledge", env },
      orchestrator: { embedded: "orchestrator", env },
    },
  });
  const { peer: ann, pid: annsPid } = await serveStdio(place, "modern");
  const { peer: bob } = await serveStdio(place, "legacy");
  return { ann, annsPid, bob };
}

async function call(peer: Peer, name: string, args: JsonObject): Promise<JsonObject> {
  const { result, error } = await peer.call(name, args);
  if (error) throw new Error(error.message);
  if (result?.isError) throw new Error(JSON.stringify(result.content));
  return result?.structuredContent as JsonObject;
}

const ofSwarm = (peer: Peer, tool: string, args: JsonObject) =>
  call(peer, `orchestrator__${tool}`, args);

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

for (const name of places) {
  test(`two who edit a diagnosis at once share an object ${name}`, async () => {
    const { ann, bob } = await openTwo({ KNOWLEDGE_SHARED_OBJECTS: "objects" }, hosts[name]);
    const id = await stored(ann, "pool timed out");

    const editAll = async (peer: Peer, key: string) => {
      for (let n = 1, version = 1; n <= EDITS; n += 1) {
        const edited = await edit(peer, { id, version, changes: { metadata: { [key]: n } } });
        expect(edited.status).toBe("applied");
        version = Number(edited.version);
      }
    };
    await Promise.all([editAll(ann, "ann"), editAll(bob, "bob")]);
    const record = await recordOf(ann, id);
    expect(record).toMatchObject({
      ...{ version: 1 + 2 * EDITS, metadata: { ann: EDITS, bob: EDITS } },
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
  });

  test(`agents of a swarm have their memory in an object ${name}`, async () => {
    const { ann, bob } = await openTwo({ ORCHESTRATOR_BLACKBOARD: "objects" }, hosts[name]);
    const { swarm } = await ofSwarm(ann, "create_swarm", { topology: "mesh" });
    const joined = await ofSwarm(bob, "join_swarm", { swarm });
    const [{ id: by = null }, agent_token] = [joined.agent as JsonObject, joined.agentToken];
    const put = (peer: Peer, args: JsonObject) =>
      ofSwarm(peer, "memory_put", peer === bob ? { ...args, agent_token } : { ...args, swarm });

    await put(ann, { key: "count", value: 0, ifVersion: 0 });
    const count = async (peer: Peer) => {
      for (let done = 0; done < EDITS; ) {
        const { version, value } = await ofSwarm(peer, "memory_get", { swarm, key: "count" });
        const next = { key: "count", value: Number(value) + 1, ifVersion: version };
        const written = await put(peer, next).catch((error: Error) => error);
        if (written instanceof Error) expect(written.message).toMatch(/at version \d+, not \d+/);
        else done += 1;
      }
    };
    await Promise.all([count(ann), count(bob)]);
    const kept = await ofSwarm(ann, "memory_get", { swarm, key: "count" });
    expect(kept).toMatchObject({ value: 2 * EDITS, version: 1 + 2 * EDITS });
    const object = { class: "kv", id: `swarm.${swarm}` };
    const { state } = await call(bob, "objects__object_get", object);
    expect(state).toMatchObject({ count: { value: 2 * EDITS } });

    // More than one answer of the object holds.
    const large = "x".repeat(60_000);
    for (let n = 10; n < 22; n += 1) await put(bob, { key: `page ${n}`, value: { n, large } });
    const { found } = await ofSwarm(ann, "memory_search", { swarm, query: "page", limit: 100 });
    expect(found).toHaveLength(12);
    expect((found as JsonObject[])[0]).toMatchObject({ key: "page 21", by });

    const taken = { key: "count", value: null, ifVersion: kept.version };
    expect(await put(bob, taken)).toMatchObject({ version: 0, by });
    await expect(put(ann, taken)).rejects.toThrow(/count.* is at version 0/);
    const gone = ofSwarm(ann, "memory_get", { swarm, key: "count" });
    await expect(gone).rejects.toThrow(/Nothing is kept as/);
    expect(await ofSwarm(ann, "destroy_swarm", { swarm })).toEqual({ destroyed: true });
    await expect(call(bob, "objects__object_get", object)).rejects.toThrow(/swarm\./);
  });
}

/** What both the record and its document say. */
function shownOf({ id, version, error, metadata }: JsonObject): JsonObject {
  return { ...{ id, version, metadata }, error: { message: (error as JsonObject).message } };
}

test("of what editors acknowledge nothing is lost where the bridge that works for all is killed", async () => {
  const { ann, annsPid, bob } = await openTwo({ KNOWLEDGE_SHARED_OBJECTS: "objects" });
  const id = await stored(ann, "edited by two");
  const acknowledged: string[] = [];
  const isOn = (name: string) => acknowledged.filter((key) => key.startsWith(name)).length > 2;
  const editAll = async (peer: Peer, name: string, isOver: () => boolean) => {
    for (let n = 0; !isOver(); n += 1) {
      const key = `${name}${n}`;
      const done = await edit(peer, { id, version: 1, changes: { metadata: { [key]: n } } }).then(
        () => true,
        () => false,
      );
      if (done) acknowledged.push(key);
    }
  };
  let isKilled = false;
  // What it asks last is never answered.
  void editAll(ann, "ann", () => isKilled);
  const editing = editAll(bob, "bob", () => isKilled && isOn("after"));
  await until("both edit", () => isOn("ann") && isOn("bob"));
  process.kill(annsPid, "SIGKILL");
  isKilled = true;
  await editAll(bob, "after", () => isOn("after"));
  await editing;
  const record = await recordOf(bob, id);
  const kept = Object.keys(record.metadata as JsonObject);
  expect(kept).toEqual(expect.arrayContaining(acknowledged));
  expect((await documentOf(bob, id)).content).toMatchObject(shownOf(record));
});

test("a server that runs alone shares the objects of a bridge", async () => {
  const place = createPlace({ mcpServers: { objects: { embedded: "objects" } } });
  const { url } = await serve(place);
  const parts = { dataDir: join(place.root, "alone"), clock: systemClock, log: silentLogger };
  const host = createStandaloneHost({ ...parts, bridge: { url } });
  const alone = server.mount(host, { KNOWLEDGE_SHARED_OBJECTS: "objects", TRESTLE_PROFILE: "all" });
  onTestFinished(async () => {
    await alone.close();
    await host.close();
  });
  const ask = async (name: string, args: JsonObject) => {
    const answer = await alone.request("tools/call", { name, arguments: args }, CONTEXT);
    expect(answer.isError, JSON.stringify(answer.content)).not.toBe(true);
    return answer.structuredContent as JsonObject;
  };
  const { id = null } = await ask("store_diagnosis", { error: { message: "alone" } });
  const changes = { fix: "ask others" };
  expect(await ask("edit_diagnosis", { id, version: 1, changes })).toMatchObject({ version: 2 });
  const object = { class: "document", id: `diagnosis.${id}` };
  const { answer } = await callByHttp(url, "objects__object_get", object);
  expect(answer.result?.structuredContent).toMatchObject({ state: { content: changes } });
});

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

test("memory whose server is not there is refused with words, and the swarm goes on", async () => {
  const { ann, bob } = await openTwo({ ORCHESTRATOR_BLACKBOARD: "nobody" });
  const { swarm } = await ofSwarm(ann, "create_swarm", { topology: "mesh" });
  const words = /objects of the server \\"nobody\\" \(ORCHESTRATOR_BLACKBOARD\), which failed/;
  const asked = [
    ["memory_put", { swarm, key: "a", value: 1 }],
    ["memory_get", { swarm, key: "a" }],
    ["memory_search", { swarm, query: "" }],
  ] as const;
  for (const [tool, args] of asked) await expect(ofSwarm(bob, tool, args)).rejects.toThrow(words);
  expect(await ofSwarm(ann, "get_swarm", { swarm })).toMatchObject({ swarm });
  const destroyed = ofSwarm(ann, "destroy_swarm", { swarm });
  await expect(destroyed).rejects.toThrow(/The swarm is destroyed, and its memory kv\/swarm\./);
});
