import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { ms, report } from "./_measure.ts";
import { type Answer, listNames, type Peer, serveStdio } from "./_peer.ts";
import { createPlace, type Place, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { createRandom, pick, seedOf } from "./_random.ts";
import { effectsOf, entry, serversOf } from "./_upstreams.ts";

const servers = (place: Place, ...names: string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, entry(place, name)]));

async function bridgeOf(place: Place): Promise<Peer> {
  const { peer } = await serveStdio(place, "legacy");
  await peer.request("tools/list");
  return peer;
}

const textIn = ({ result }: Answer): unknown =>
  (result?.content as { text?: string }[] | undefined)?.[0]?.text;
const pidIn = ({ result }: Answer): unknown => (result?.structuredContent as JsonObject)?.pid;

/** Waits until the log tells of a configuration that was taken or refused. */
async function told(place: Place, pattern: RegExp): Promise<void> {
  await until(`the log says ${pattern}`, () => pattern.test(textOf(place.logFile)));
}

test("a server that is added appears, one that is removed is gone, and clients are told", async () => {
  const place = createPlace();
  place.configure({ mcpServers: servers(place, "one") });
  const peer = await bridgeOf(place);
  expect(await listNames(peer)).toContain("one__echo");

  const startedAt = performance.now();
  place.configure({ mcpServers: servers(place, "one", "two") });
  await until("two is listed", async () => (await listNames(peer)).includes("two__echo"));
  report(
    `an added server is listed ${ms(performance.now() - startedAt)} after the file was written`,
  );
  expect(textIn(await peer.call("two__echo", { text: "hello" }))).toBe("hello");
  const toldBefore = changesTold(peer);
  expect(toldBefore).toBeGreaterThan(0);

  place.configure({
    mcpServers: { ...servers(place, "two"), one: { command: "x", disabled: true } },
  });
  await until("one is gone", async () => !(await listNames(peer)).includes("one__echo"));
  expect((await peer.call("one__echo")).error?.message).toMatch(/Unknown tool/);
  expect(changesTold(peer)).toBeGreaterThan(toldBefore);
  await until("its process has ended", () => serversOf(place, "one").length === 0);
});

test.each(["changed", "removed"])(
  "a call that runs on a server that is %s ends well",
  async (how) => {
    const place = createPlace();
    place.configure({ mcpServers: servers(place, "one") });
    const peer = await bridgeOf(place);
    const before = pidIn(await peer.call("one__echo"));
    const slow = peer.call("one__write", { key: "slow", until: "enough", text: "done" });
    await until("the call runs", () => effectsOf(place).length === 1);

    const changed = { one: { ...entry(place, "one"), env: { NEW: "1" } } };
    place.configure({ mcpServers: how === "changed" ? changed : {} });
    await told(place, /configuration changed/);
    const next = await peer.call("one__echo");
    if (how === "changed") {
      expect(pidIn(next)).toEqual(expect.any(Number));
      expect(pidIn(next)).not.toBe(before);
    } else expect(next.error?.message).toMatch(/Unknown tool/);

    writeFileSync(join(place.root, "enough"), "");
    const answer = await slow;
    expect(textIn(answer)).toBe("done");
    expect(pidIn(answer)).toBe(before);
    expect(effectsOf(place)).toEqual(["slow"]);
    const left = how === "changed" ? 1 : 0;
    await until("the old process has ended", () => serversOf(place, "one").length === left);
  },
);

test("who watches a resource goes on watching it at the new connection", async () => {
  const place = createPlace();
  place.configure({ mcpServers: servers(place, "one") });
  const peer = await bridgeOf(place);
  const uri = "one+note://one";
  expect((await peer.request("resources/subscribe", { uri })).error).toBeUndefined();
  place.configure({ mcpServers: { one: { ...entry(place, "one"), env: { NEW: "1" } } } });
  // What changed in between is not known, so the client is told to look again.
  const toldOf = (): unknown[] =>
    peer.notifications
      .filter(({ method }) => method === "notifications/resources/updated")
      .map(({ params }) => params?.uri);
  await until("it is told to look again", () => toldOf().includes(uri));
  await peer.call("one__change_note");
  await until("it is told of the next change", () => toldOf().length >= 2);
});

test("a policy is in effect from the next call on, and restarts nothing", async () => {
  const place = createPlace();
  place.configure({ mcpServers: servers(place, "one") });
  const peer = await bridgeOf(place);
  const before = pidIn(await peer.call("one__write", { key: "a", beforeMs: 100 }));
  const policy = { timeout: { attemptMs: 50 } };
  place.configure({ mcpServers: { one: { ...entry(place, "one"), policy } }, policy: {} });
  await until("the call takes too long", async () => {
    const answer = await peer.call("one__write", { key: "b", beforeMs: 1_000 });
    return answer.error !== undefined || answer.result?.isError === true;
  });
  place.configure({ mcpServers: servers(place, "one") });
  await until("it may take its time again", async () => {
    const answer = await peer.call("one__write", { key: "c", beforeMs: 200 });
    return pidIn(answer) === before;
  });
});

test("a bad file is named by line and key, and changes nothing", async () => {
  const place = createPlace();
  const good = { mcpServers: servers(place, "one") };
  place.configure(good);
  const peer = await bridgeOf(place);
  place.configure('{\n  "http": {\n    "prot": 1\n  }\n}');
  await told(place, /trestle\.json:3: http\.prot: unknown key; did you mean \\"port\\"/);
  expect((await peer.call("one__echo")).error).toBeUndefined();
  rmSync(place.configFile);
  await told(place, /trestle\.json: cannot be read/);
  expect((await peer.call("one__echo")).error).toBeUndefined();
  place.configure({ mcpServers: servers(place, "one", "two") });
  await until("two is listed", async () => (await listNames(peer)).includes("two__echo"));
  place.configure({
    mcpServers: { ...servers(place, "one"), two: { comand: "x" } },
    http: { port: 1 },
  });
  await told(place, /"server":"two","level":"error".*did you mean/);
  await told(place, /"needRestart":\["http"\]/);
});

test("values in .env and in files are followed", async () => {
  const place = createPlace();
  const secret = join(place.root, "token");
  writeFileSync(secret, "first-canary-value\n", { mode: 0o600 });
  const env = { CANARY: "${file:token}", WORD: "${WORD:-none}" };
  place.configure({ mcpServers: { one: { ...entry(place, "one"), env } } });
  const peer = await bridgeOf(place);
  const first = pidIn(await peer.call("one__echo"));
  writeFileSync(secret, "second-canary-value\n");
  await until("it was started again", async () => pidIn(await peer.call("one__echo")) !== first);
  const second = pidIn(await peer.call("one__echo"));
  writeFileSync(join(place.root, ".env"), "WORD=other\n");
  await until("it was started again", async () => pidIn(await peer.call("one__echo")) !== second);
  expect(textOf(place.logFile)).not.toMatch(/canary-value/);
});

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const seed = seedOf(process.env);

test(`${ROUNDS} edits under load fail no call (SEED=${seed})`, { timeout: 120_000 }, async () => {
  const random = createRandom(seed);
  const place = createPlace();
  const config = (version: number, others: boolean): object => ({
    mcpServers: {
      base: entry(place, "base"),
      one: { ...entry(place, "one"), env: { VERSION: String(version) } },
      ...(others ? servers(place, "extra") : {}),
    },
  });
  place.configure(config(0, false));
  const peer = await bridgeOf(place);
  let over = false;
  let calls = 0;
  const failures: unknown[] = [];
  const load = async (tool: string): Promise<void> => {
    while (!over) {
      const beforeMs = Math.floor(random() * 40);
      const answer = await peer.call(tool, { text: "x", key: "k", beforeMs });
      calls += 1;
      if (textIn(answer) !== "x") failures.push(answer);
    }
  };
  const loads = ["base__echo", "one__echo", "one__write", "one__echo"].map(load);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const text = JSON.stringify(config(Math.floor(random() * 3), random() < 0.5));
    const way = pick(["write", "rename", "broken", "recreate"], random);
    if (way === "broken") place.configure(text.slice(0, -5));
    if (way === "recreate") rmSync(place.configFile, { force: true });
    if (way === "rename") {
      writeFileSync(`${place.configFile}~`, text);
      renameSync(`${place.configFile}~`, place.configFile);
    } else if (way !== "broken") place.configure(text);
    const target = calls + 20;
    await until("twenty more calls", () => calls > target || failures.length > 0);
  }
  over = true;
  await Promise.all(loads);
  report(`${calls} calls during ${ROUNDS} edits, ${failures.length} failed`);
  expect(failures).toEqual([]);
  const taken = textOf(place.logFile).split('"configuration changed"').length - 1;
  expect(taken).toBeGreaterThan(ROUNDS / 5);
});

function changesTold(peer: Peer): number {
  return peer.notifications.filter(({ method }) => method.endsWith("tools/list_changed")).length;
}
