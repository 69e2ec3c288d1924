import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { ms, randomOf, report } from "./_measure.ts";
import { type Answer, listNames, type PeerEra, type StdioBridge, serveStdio } from "./_peer.ts";
import { createPlace, type Place, textOf } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { effectsOf, entry, executionsOf, serversOf } from "./_upstreams.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 2);
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
const eras: readonly PeerEra[] = ["modern", "legacy", "modern"];

function placeWithTwo(...flags: string[]): Place {
  const place = createPlace();
  place.configure({
    mcpServers: { one: entry(place, "one", ...flags), two: entry(place, "two", ...flags) },
  });
  return place;
}

function startThree(place: Place): Promise<StdioBridge[]> {
  return Promise.all(eras.map((era) => serveStdio(place, era)));
}

function ownerOf(place: Place, bridges: readonly StdioBridge[]): StdioBridge {
  const pid = ownerPid(place);
  const owner = bridges.find((bridge) => bridge.pid === pid);
  if (!owner) throw new Error(`None of the bridges is the owner ${pid}`);
  return owner;
}

function ownerPid(place: Place): number | undefined {
  const text = textOf(join(place.home, "bridge", "owner.json"));
  return text === "" ? undefined : JSON.parse(text).pid;
}

test("three stdio bridges of one home share one set of servers", async () => {
  const place = placeWithTwo();
  const bridges = await startThree(place);
  for (const { peer } of bridges) {
    expect(await listNames(peer)).toHaveLength(10);
  }
  const answers = await Promise.all(
    bridges.flatMap(({ peer }) => [peer.call("one__read"), peer.call("two__read")]),
  );
  expect(new Set(answers.map(pidOf)).size).toBe(2);
  expect(serversOf(place, "one")).toHaveLength(1);
  expect(serversOf(place, "two")).toHaveLength(1);
});

test("when the owner is killed the others go on, and only its unrepeatable calls are uncertain", async () => {
  const place = placeWithTwo();
  const bridges = await startThree(place);
  // Whoever has seen that a tool only reads may have its call repeated.
  for (const { peer } of bridges) {
    await until("all is listed", async () => (await listNames(peer)).includes("two__read"));
  }
  const owner = ownerOf(place, bridges);
  const others = bridges.filter((bridge) => bridge !== owner);
  const first = serversOf(place, "one");

  const running = others.map(({ peer }, index) =>
    peer.call("one__write", { key: `running-${index}`, beforeMs: 60_000 }),
  );
  const reads = others.flatMap(({ peer }) => [
    peer.request("resources/read", { uri: NOTE }),
    peer.call("two__read", { text: "read", beforeMs: 1_000 }),
  ]);
  await until("the writes have their rows", () => startedRows(place) === 2);
  kill(owner.pid);
  const killedAt = performance.now();
  for (const answer of await Promise.all(running)) {
    expect(answer.error?.data).toMatchObject({ code: "outcome_unknown", retryable: false });
    expect(answer.error?.message).toContain("one__write");
  }
  const uncertainInMs = performance.now() - killedAt;
  // The bridge is known to be gone: whatever is asked from now on waits for the next one.
  const whileGone = others.map(({ peer }, index) =>
    peer.call("one__write", { key: `gone-${index}` }),
  );
  for (const answer of await Promise.all(reads)) expect(answer).not.toHaveProperty("error");
  for (const answer of await Promise.all(whileGone)) expect(answer).not.toHaveProperty("error");
  const backInMs = performance.now() - killedAt;

  await until("there is one set of servers", () => serversOf(place, "one").length === 1);
  expect(serversOf(place, "two")).toHaveLength(1);
  expect(serversOf(place, "one")).not.toEqual(first);
  const keys = effectsOf(place);
  expect(keys.toSorted()).toEqual(["gone-0", "gone-1"]);
  const gone = () => executionsOf(place).filter(({ key }) => key?.startsWith("gone"));
  await until("history", () => gone().every(({ outcome }) => outcome === "success"));
  expect(gone()).toHaveLength(2);
  const rows = executionsOf(place);
  expect(
    rows.filter(({ key }) => key?.startsWith("running")).map(({ outcome }) => outcome),
  ).toEqual(["outcome_unknown", "outcome_unknown"]);
  for (const { peer } of others) expect(peer.strays).toEqual([]);
  report(
    `owner killed: uncertain after ${ms(uncertainInMs)}, next call answered after ${ms(backInMs)}`,
  );
});

const ends: readonly [string, NodeJS.Signals][] = [
  ["dies", "SIGKILL"],
  ["leaves", "SIGTERM"],
];

test.each(ends)("subscriptions of both eras survive when the owner %s", async (_how, signal) => {
  const place = placeWithTwo();
  const bridges = await startThree(place);
  const owner = ownerOf(place, bridges);
  const others = bridges.filter((bridge) => bridge !== owner);
  for (const { peer } of others) await peer.request("tools/list");
  await Promise.all(others.map(subscribe));
  process.kill(owner.pid, signal);
  await owner.ended;
  const [caller] = others;
  await caller?.peer.call("one__read");
  await until("everybody hears of the note", async () => {
    await caller?.peer.call("one__change_note");
    return others.every(hasHeard("notifications/resources/updated"));
  });
  await caller?.peer.call("one__grow");
  await until("everybody hears of the new tool", () =>
    others.every(hasHeard("notifications/tools/list_changed")),
  );
  for (const { peer } of others) {
    expect(peer.strays).toEqual([]);
    expect(peer.open()).toHaveLength(peer.era === "modern" ? 1 : 0);
  }
});

test("what a client has cancelled is neither answered nor done again", async () => {
  const place = placeWithTwo();
  const bridges = await startThree(place);
  const owner = ownerOf(place, bridges);
  const other = bridges.find((bridge) => bridge !== owner) as StdioBridge;
  await other.peer.request("tools/list");
  void other.peer.call("one__write", { key: "cancelled", beforeMs: 60_000 });
  void other.peer.call("one__read", { beforeMs: 60_000 });
  await until("the write has its row", () => startedRows(place) === 1);
  const open = other.peer.open();
  for (const requestId of open) other.peer.notify("notifications/cancelled", { requestId });
  await until("the write was given up", () => startedRows(place) === 0);
  kill(owner.pid);
  expect((await other.peer.call("two__read")).error).toBeUndefined();
  expect(other.peer.open()).toEqual(open);
});

test("however owners end, nothing that was acknowledged is lost", {
  timeout: 60_000 * ROUNDS,
}, async () => {
  report(`ROUNDS=${ROUNDS} SEED=${SEED}`);
  const random = randomOf(SEED);
  for (let round = 0; round < ROUNDS; round += 1) await playRound(random);
});

const leavings: readonly { isOrderly: boolean; do(bridge: StdioBridge): void }[] = [
  { isOrderly: false, do: ({ pid }) => kill(pid) },
  { isOrderly: false, do: ({ pid }) => kill(pid) },
  { isOrderly: true, do: ({ process }) => void process.kill("SIGTERM") },
  { isOrderly: true, do: ({ process }) => void process.stdin.end() },
];

/** Three clients write all the time; owners are killed or leave at random until one bridge is left. */
async function playRound(random: () => number): Promise<void> {
  const place = placeWithTwo();
  let bridges = await startThree(place);
  const outcomes = { acknowledged: [] as string[], unknown: 0 };
  let playing = true;
  const left = new Set<number>();
  const clients = bridges.map(async ({ pid, peer, ended }, index) => {
    for (let count = 0; playing; count += 1) {
      const key = `${index}-${count}`;
      const write = peer.call(count % 2 ? "one__write" : "two__write", {
        key,
        afterMs: random() * 20,
      });
      // A killed bridge never answers: its client is out of the game.
      const answer = await Promise.race([write, ended]);
      if (typeof answer !== "object") return;
      if (answer.result) outcomes.acknowledged.push(key);
      // A bridge that was told to end refuses its own client.
      else if (left.has(pid)) return;
      else {
        expect(answer.error?.data?.code).toBe("outcome_unknown");
        outcomes.unknown += 1;
      }
      const list = await Promise.race([peer.request("tools/list"), ended]);
      if (typeof list !== "object" || left.has(pid)) return;
      expect(list.error).toBeUndefined();
    }
  });
  while (bridges.length > 1) {
    const before = outcomes.acknowledged.length;
    await until("calls go on", () => outcomes.acknowledged.length > before + 5 + random() * 30);
    const owner = ownerOf(place, bridges);
    const { unknown } = outcomes;
    const leave = leavings[Math.floor(random() * leavings.length)] as (typeof leavings)[number];
    left.add(owner.pid);
    leave.do(owner);
    await owner.ended;
    bridges = bridges.filter((bridge) => bridge !== owner);
    await until("somebody took over", () => bridges.some(({ pid }) => pid === ownerPid(place)));
    if (leave.isOrderly) expect(outcomes.unknown).toBe(unknown);
  }
  const before = outcomes.acknowledged.length;
  await until("calls go on", () => outcomes.acknowledged.length > before + 5);
  playing = false;
  await Promise.all(clients);

  expect(serversOf(place, "one")).toHaveLength(1);
  expect(serversOf(place, "two")).toHaveLength(1);
  const effects = effectsOf(place);
  expect(new Set(effects).size).toBe(effects.length);
  expect(outcomes.acknowledged.filter((key) => !effects.includes(key))).toEqual([]);
  await until("every acknowledged call is in the history", () => {
    const rows = new Set(executionsOf(place).map(({ key }) => key));
    return outcomes.acknowledged.every((key) => rows.has(key));
  });
  report(`round: ${outcomes.acknowledged.length} acknowledged, ${outcomes.unknown} uncertain`);
}

const NOTE = "one+note://one";

async function subscribe({ peer }: StdioBridge): Promise<void> {
  if (peer.era === "legacy") {
    await peer.request("resources/subscribe", { uri: NOTE });
    return;
  }
  const notifications = { toolsListChanged: true, resourceSubscriptions: [NOTE] };
  void peer.request("subscriptions/listen", { notifications });
  await until("the client is subscribed", () =>
    hasHeard("notifications/subscriptions/acknowledged")({ peer }),
  );
}

function hasHeard(method: string): (bridge: Pick<StdioBridge, "peer">) => boolean {
  return ({ peer }) => peer.notifications.some((note) => note.method === method);
}

function startedRows(place: Place): number {
  return executionsOf(place).filter(({ outcome }) => outcome === "started").length;
}

function pidOf({ result }: Answer): unknown {
  return (result?.structuredContent as JsonObject | undefined)?.pid;
}
