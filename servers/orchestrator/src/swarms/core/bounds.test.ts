import { describe, expect, test } from "vitest";
import { BOUNDS } from "../bounds.ts";
import { OWNER } from "../model.ts";
import { openState } from "./_decide.ts";
import { agentOf, heartbeat, leave } from "./agents.ts";
import { conflictsWith, release, reserve } from "./files.ts";
import { memoryGet, memoryPut, memorySearch } from "./memory.ts";
import { acknowledge, send, unreadBy } from "./messages.ts";
import { applyChange, createSwarmState, type SwarmState } from "./state.ts";
import { decompose, submit } from "./submit.ts";
import { hubOf } from "./topology.ts";
import { checkSize } from "./turn.ts";
import { vote } from "./work.ts";

const refused = (code: string, sentence: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(sentence) });
const tooMuch = (bound: keyof typeof BOUNDS) =>
  expect.objectContaining({ code: "rate_limited", retryable: false, details: { bound } });

/** Everything that is found in a state, in whatever order. */
function contentOf(state: SwarmState): unknown {
  const { records, unread, votes, ...rest } = state;
  const filled = <Value extends { size: number }>(map: Map<string, Value>) =>
    [...map].filter(([, { size }]) => size > 0);
  return structuredClone({
    ...rest,
    ready: [...state.ready],
    records: Object.values(records).map((kind) => [...kind].sort()),
    unread: filled(unread),
    votes: filled(votes),
  });
}

test("a decision that fails leaves everything as it was", () => {
  const { state, decide, join, claim } = openState();
  const [one, two] = [join(), join()];
  const request = { title: "t", copies: 2, aggregate: "veto", quorum: 2, voteMs: 1 } as const;
  const whole = decide((turn) => submit(turn, OWNER, request));
  const { id, fence } = claim(one);
  const before = contentOf(state);
  const all = () =>
    decide((turn) => {
      turn.put("task", id, { ...turn.task(id), status: "succeeded", handedIn: fence });
      vote(turn, two, { task: id, choice: "accept" });
      send(turn, one.id, { to: ["all"], body: "b", key: "k" });
      submit(turn, OWNER, { title: "keyed", key: "k", dependsOn: [whole.id] });
      memoryPut(turn, OWNER, { key: "m", value: 1 });
      reserve(turn, two, { paths: ["a"], mode: "shared", reason: "r", ttlMs: 1 });
      leave(turn, one);
      turn.put("agent", "new", { ...two, id: "new", tokenHash: "new" });
      turn.agent("nobody");
    });
  expect(all).toThrow(refused("not_found", "no agent nobody"));
  expect(contentOf(state)).toEqual(before);
});

describe("agents", () => {
  test("that left are not there any more, for themselves and as parents", () => {
    const { state, decide, join } = openState();
    const one = join();
    decide((turn) => heartbeat(turn, one));
    expect(agentOf(state, one.tokenHash, "local")).toMatchObject({ id: one.id, beat: 1 });
    decide((turn) => turn.put("agent", one.id, { ...turn.agent(one.id), status: "gone" }));
    decide((turn) => heartbeat(turn, one, { calls: 2 }));
    expect(agentOf(state, one.tokenHash, "local")).toMatchObject({
      ...{ status: "active", beat: 2, spent: { calls: 2 } },
    });
    decide((turn) => leave(turn, one));
    expect(() => agentOf(state, one.tokenHash, "local")).toThrow(
      refused("denied", `${one.id} has left the swarm`),
    );
    expect(() => join({ parent: one.id })).toThrow(refused("conflict", `The parent ${one.id}`));
  });

  test("that are gone and hold nothing make room, the first of them first", () => {
    const { state, decide, join, claim, fill } = openState({ maxAgents: 5_000 });
    const [holds, idle] = [join(), join()];
    decide((turn) => submit(turn, OWNER, { title: "t" }));
    claim(holds);
    fill("agent", BOUNDS.agents - 2, (at) => ({ ...idle, id: `filler ${at}`, tokenHash: `${at}` }));
    expect(() => join()).toThrow(tooMuch("agents"));
    for (const { id } of [holds, idle])
      decide((turn) => turn.put("agent", id, { ...turn.agent(id), status: "gone" }));
    const next = join();
    expect(state.records.agent.has(idle.id)).toBe(false);
    expect(state.records.agent.has(holds.id)).toBe(true);
    expect(() => agentOf(state, idle.tokenHash, "local")).toThrow(refused("denied", "of no agent"));
    expect(next.status).toBe("active");
  });

  test("have the coordinator that joined first as their hub, in whatever order they are read", () => {
    const { state, join } = openState({ topology: "star" });
    const [first, second] = [join({ role: "coordinator" }), join({ role: "coordinator" })];
    expect(hubOf(state)).toBe(first.id);
    const read = createSwarmState();
    for (const record of [second, first])
      applyChange(read, { kind: "agent", id: record.id, record }, 0);
    expect(hubOf(read)).toBe(first.id);
  });

  test("get what they submitted themselves, and the owner's instead of theirs who are gone", () => {
    const { decide, join, claim } = openState({ topology: "hierarchical" });
    const lead = join();
    const below = join({ parent: lead.id });
    const other = join();
    const own = decide((turn) => submit(turn, below.id, { title: "own" }));
    expect(() => claim(other)).toThrow(`in this topology ${below.id} gives no work`);
    expect(claim(below).id).toBe(own.id);
    const left = decide((turn) => submit(turn, lead.id, { title: "left" }));
    expect(() => claim(other)).toThrow(`in this topology ${lead.id} gives no work`);
    decide((turn) => leave(turn, lead));
    expect(claim(other).id).toBe(left.id);
  });
});

test("adaptive begins nothing that the rest of the budget will not do for", () => {
  const { decide, join, claim } = openState({ strategy: "adaptive", budget: { tokens: 100 } });
  const one = join();
  for (const title of ["a", "b"]) decide((turn) => submit(turn, OWNER, { title }));
  const { id } = claim(one);
  decide((turn) => turn.update({ spent: { ...turn.swarm.spent, tokens: 60 } }));
  decide((turn) => turn.put("task", id, { ...turn.task(id), status: "succeeded" }));
  expect(() => claim(one)).toThrow("What is left of the budget is not enough for one more");
});

describe("files", () => {
  test("are given back one reservation, or one path, at a time", () => {
    const { state, decide, join } = openState();
    const one = join();
    const wish = { mode: "exclusive", reason: "r", ttlMs: 1_000 } as const;
    const hold = (...paths: string[]) => {
      const reserved = decide((turn) => reserve(turn, one, { ...wish, paths }));
      return "id" in reserved ? reserved.id : "";
    };
    const [first, second] = [hold("a", "b"), hold("c")];
    const free = (what: Parameters<typeof release>[2]) =>
      decide((turn) => release(turn, one, what));
    expect(free({ paths: ["elsewhere"] })).toBe(0);
    expect(free({ reservation: second })).toBe(1);
    expect(free({ reservation: second })).toBe(0);
    expect(free({ reservation: first, paths: ["b"] })).toBe(1);
    const wanted = { paths: ["a", "b", "c"], mode: "shared" } as const;
    expect(conflictsWith(state, wanted).map(({ path }) => path)).toEqual(["a"]);
    expect(() => hold()).toThrow(refused("invalid_input", "at least one path"));
  });

  test("are reserved only so often", () => {
    const { decide, join, fill } = openState();
    const one = join();
    fill("reservation", BOUNDS.reservations, (at) => ({ agent: "other", paths: [`f${at}`] }));
    const wish = { paths: ["a"], mode: "shared", reason: "r", ttlMs: 1 } as const;
    expect(() => decide((turn) => reserve(turn, one, wish))).toThrow(tooMuch("reservations"));
  });
});

describe("messages", () => {
  test("to everybody want somebody, and not too many", () => {
    const { decide, join, fill } = openState();
    const say = (from: string) => decide((turn) => send(turn, from, { to: ["all"], body: "b" }));
    expect(() => say(OWNER)).toThrow(refused("conflict", "nobody whom owner reaches"));
    const one = join();
    expect(say(OWNER).to).toEqual([one.id]);
    fill("agent", BOUNDS.recipients, (at) => ({ ...one, id: `filler ${at}` }));
    expect(() => say(one.id)).toThrow(refused("invalid_input", "at most 256; this one would be"));
  });

  test("wait for whoever has too many unread", () => {
    const { state, decide, join } = openState();
    const one = join();
    const say = () => decide((turn) => send(turn, one.id, { to: [OWNER], body: "b" }));
    const first = say();
    state.unread.set(
      OWNER,
      new Map(Array.from({ length: BOUNDS.unread }, (_, at) => [`m${at}`, at])),
    );
    expect(say).toThrow(tooMuch("unread"));
    state.unread.set(OWNER, new Map([[first.id, first.seq]]));
    decide((turn) => acknowledge(turn, OWNER, [first.id]));
    const reply = { to: [OWNER], body: "b", replyTo: first.id };
    const second = decide((turn) => send(turn, one.id, reply));
    expect(unreadBy(state, OWNER)).toEqual([second]);
    expect(second.replyTo).toBe(first.id);
  });

  test("that were read make room, the oldest first, and can be sent again after that", () => {
    const { state, decide, join, fill } = openState();
    const one = join();
    const say = (key: string) =>
      decide((turn) => send(turn, one.id, { to: [OWNER], body: "b", key }));
    const [old, unread] = [say("old"), say("unread")];
    decide((turn) => acknowledge(turn, OWNER, [old.id]));
    fill("message", BOUNDS.messages - 2, () => ({ ...unread, key: undefined }));
    const next = say("next");
    expect(state.records.message.has(old.id)).toBe(false);
    expect(say("next")).toEqual(next);
    expect(say("unread")).toEqual(unread);
    expect(() => say("old")).toThrow(tooMuch("messages"));
    decide((turn) => acknowledge(turn, OWNER, [next.id]));
    expect(say("old").id).not.toBe(old.id);
  });
});

test("memory is bounded in keys and in what each holds, and is searched below a prefix", () => {
  const { state, decide, fill } = openState();
  const put = (key: string, value: string | null) =>
    decide((turn) => memoryPut(turn, OWNER, { key, value }));
  for (const key of ["a/one", "a/two", "b/one"]) put(key, "text");
  const search = (query: string, prefix: string) =>
    memorySearch(state, { query, prefix, limit: 9 }).map(({ key }) => key);
  expect(search("text", "a/")).toEqual(["a/two", "a/one"]);
  expect(memoryGet(state, "b/one")).toMatchObject({ value: "text", by: OWNER });
  expect(() => put("long", "x".repeat(BOUNDS.text))).toThrow(
    refused("invalid_input", `at most ${BOUNDS.text} characters`),
  );
  fill("memory", BOUNDS.memories, () => ({ key: "filler", value: 1 }));
  expect(() => put("new", "x")).toThrow(tooMuch("memories"));
  expect(put("a/one", "other").value).toBe("other");
  put("a/one", null);
  expect(() => memoryGet(state, "a/one")).toThrow(refused("not_found", "a/one"));
});

test("a swarm holds so many tasks, whole or in parts", () => {
  const { decide, fill } = openState();
  const { id } = decide((turn) => submit(turn, OWNER, { title: "t" }));
  fill("task", BOUNDS.tasks - 2, () => ({}));
  const parts = [{ title: "p" }, { title: "q" }];
  expect(() => decide((turn) => decompose(turn, OWNER, { task: id, parts }))).toThrow(
    tooMuch("tasks"),
  );
  decide((turn) => submit(turn, OWNER, { title: "last" }));
  expect(() => decide((turn) => submit(turn, OWNER, { title: "more" }))).toThrow(tooMuch("tasks"));
});

test("a full swarm can go on, and grows by nothing that somebody asks for", () => {
  const { state } = openState();
  state.size = BOUNDS.total + 30_000;
  expect(() => checkSize({ state }, BOUNDS.total)).toThrow(tooMuch("total"));
  expect(() => checkSize({ state }, BOUNDS.total + 20_000)).not.toThrow();
});
