import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSealer, openKeyring } from "@trestle/access";
import {
  createOwnSignal,
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type Principal,
  type RequestContext,
} from "@trestle/protocol";
import { type ManualClock, manualClock } from "@trestle/testkit/surroundings";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { ANSWER_MS } from "./elsewhere.ts";
import { createParking, MOST_PARKED_EACH, type Parking } from "./parking.ts";
import { createRequestStates, type RequestStates } from "./request-state.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-parking-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sealer = createSealer(openKeyring({ folder }));
const other: Principal = { id: "key:other", kind: "key" };
const params: JsonObject = { name: "one__ask", arguments: { a: 1 } };
const question: JsonObject = { message: "Sure?" };
const yes: JsonObject = { action: "accept", content: { yes: true } };

let clock: ManualClock;
let states: RequestStates;
let parking: Parking;
/** What the server saw last. */
let seen: RequestContext | undefined;
beforeEach(() => {
  clock = manualClock(1_000);
  states = createRequestStates(sealer, clock);
  let ids = 0;
  parking = createParking({ clock, states, newId: () => `c${++ids}` });
});

/** A server that asks so many times, and then answers with what it was told. */
const asking = (times = 1) =>
  parking.around("tools/call", async (_params, context) => {
    seen = context;
    const told: JsonObject[] = [];
    for (let time = 0; time < times; time += 1)
      told.push((await context.askClient?.("elicitation/create", question)) ?? {});
    return { told };
  });

function contextOf(given: Partial<RequestContext> = {}): RequestContext {
  const capabilities = { elicitation: { form: {} } };
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities },
    ...given,
  };
}

function again(asked: JsonObject, inputResponses: JsonObject = { q1: yes }): JsonObject {
  return { ...params, requestState: asked.requestState as string, inputResponses };
}

describe("a question of a legacy server", () => {
  test("is the result of the request, and the answer ends the very call that asked", async () => {
    const call = asking();
    const asked = await call(params, contextOf());
    expect(asked).toMatchObject({
      resultType: "input_required",
      inputRequests: { q1: { method: "elicitation/create", params: question } },
    });
    expect(parking.count()).toBe(1);
    expect(await call(again(asked), contextOf())).toEqual({ told: [yes] });
    expect(parking.count()).toBe(0);
    expect(clock.armed()).toBe(0);
  });

  test("can be followed by others", async () => {
    const call = asking(2);
    const first = await call(params, contextOf());
    const second = await call(again(first), contextOf());
    expect(second).toMatchObject({ inputRequests: { q2: {} } });
    expect(await call(again(second, { q2: { action: "decline" } }), contextOf())).toEqual({
      told: [yes, { action: "decline" }],
    });
  });

  test("is put again where its answer is missing, and refuses what is none", async () => {
    const call = asking();
    const asked = await call(params, contextOf());
    const repeated = await call(again(asked, { other: yes }), contextOf());
    expect(repeated).toMatchObject({ inputRequests: { q1: {} } });
    await expect(call(again(repeated, { q1: "yes" }), contextOf())).rejects.toMatchObject({
      code: -32_602,
    });
    expect(await call(again(asked), contextOf())).toEqual({ told: [yes] });
  });

  test("loses the marks of its hop and what only the legacy era knows", async () => {
    const call = parking.around("tools/call", async (_params, { askClient }) => {
      const _meta = { progressToken: 1, "io.modelcontextprotocol/x": 1, kept: 1 };
      const url = { mode: "url", url: "https://a.example", elicitationId: "e", _meta };
      return (await askClient?.("elicitation/create", url)) ?? {};
    });
    const client = { ...contextOf().client, capabilities: { elicitation: { url: {} } } };
    expect(await call(params, contextOf({ client }))).toMatchObject({
      inputRequests: {
        q1: { params: { mode: "url", url: "https://a.example", _meta: { kept: 1 } } },
      },
    });
  });

  test("is refused at once where the client did not declare that it can answer", async () => {
    const call = parking.around("tools/call", async (_params, { askClient }) => {
      const refused = askClient?.("sampling/createMessage", {});
      await expect(refused).rejects.toMatchObject({ code: -32_021 });
      return { done: true };
    });
    expect(await call(params, contextOf())).toEqual({ done: true });
    const mute = { ...contextOf().client, capabilities: {} };
    await asking()(params, contextOf({ client: mute }));
    expect(seen?.askClient).toBeUndefined();
  });
});

describe("a parked call", () => {
  test("opens for its principal, its request and an unchanged state only", async () => {
    const call = asking();
    const asked = await call(params, contextOf());
    const invalid = { code: -32_602, message: expect.stringContaining("requestState") };
    await expect(call(again(asked), contextOf({ principal: other }))).rejects.toMatchObject(
      invalid,
    );
    const others = { ...again(asked), arguments: { a: 2 } };
    await expect(call(others, contextOf())).rejects.toMatchObject(invalid);
    const state = String(asked.requestState);
    const changed = `${state.slice(0, -2)}${state.endsWith("AA") ? "BB" : "AA"}`;
    for (const requestState of [changed, "", 5, null] as JsonObject["x"][])
      await expect(
        call({ ...again(asked), requestState: requestState as string }, contextOf()),
      ).rejects.toMatchObject(invalid);
    expect(await call(again(asked), contextOf())).toEqual({ told: [yes] });
  });

  test("is over once it was answered, and says what to do", async () => {
    const call = asking();
    const asked = await call(params, contextOf());
    await call(again(asked), contextOf());
    const gone = { code: "outcome_unknown", message: expect.stringContaining("Check with a read") };
    await expect(call(again(asked), contextOf())).rejects.toMatchObject(gone);
  });

  test("ends when nobody comes back in time, and the server is told", async () => {
    const call = asking();
    const asked = await call(params, contextOf());
    clock.advance(ANSWER_MS - 1);
    expect(seen?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(seen?.signal.reason).toMatchObject({ code: "timeout" });
    await expect(call(again(asked), contextOf())).rejects.toMatchObject({
      code: "outcome_unknown",
    });
    expect(parking.count()).toBe(0);
  });

  test("keeps an answer that came without its question being answered", async () => {
    const waited = Promise.withResolvers<void>();
    const call = parking.around("tools/call", async (_params, { askClient }) => {
      const refused = askClient?.("elicitation/create", question).catch((error: Error) => error);
      await waited.promise;
      return { late: true, refused: refused !== undefined };
    });
    const asked = await call(params, contextOf());
    waited.resolve();
    await Promise.resolve();
    expect(await call(again(asked), contextOf())).toEqual({ late: true, refused: true });
  });

  test("is cancelled by whoever waits for it at that time, not by who left with a question", async () => {
    const call = asking(2);
    const first = createOwnSignal();
    const asked = await call(params, contextOf({ signal: first.signal, own: first }));
    first.abort(new Error("gone"));
    expect(seen?.signal.aborted).toBe(false);
    const control = new AbortController();
    const inner = parking.around("tools/call", async (_params, context) => {
      seen = context;
      await context.askClient?.("elicitation/create", question);
      context.signal.throwIfAborted();
      return {};
    });
    const other = await inner(params, contextOf());
    const waiting = inner(again(other), contextOf({ signal: control.signal }));
    control.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(seen?.signal.aborted).toBe(true);
    expect(await call(again(asked), contextOf())).toMatchObject({ inputRequests: { q2: {} } });
  });

  test("brings progress and log messages to whoever waits, and to nobody in between", async () => {
    const call = parking.around("tools/call", async (_params, context) => {
      const tell = (progress: number) => {
        context.onProgress?.({ progress });
        context.onLog?.({ level: "info", data: progress });
      };
      tell(1);
      const answered = context.askClient?.("elicitation/create", question);
      tell(2);
      await answered;
      tell(3);
      return {};
    });
    const told: string[] = [];
    const listener = (name: string) =>
      contextOf({
        onProgress: ({ progress }) => told.push(`${name} ${progress}`),
        onLog: ({ data }) => told.push(`${name} log ${data}`),
      });
    const asked = await call(params, listener("first"));
    await call(again(asked), listener("second"));
    expect(told).toEqual(["first 1", "first log 1", "second 3", "second log 3"]);
  });

  test("goes to a request that was sent again, in the place of the one before", async () => {
    const released = Promise.withResolvers<void>();
    const call = parking.around("tools/call", async (_params, { askClient }) => {
      const answer = await askClient?.("elicitation/create", question);
      await released.promise;
      return { answer: answer ?? null };
    });
    const asked = await call(params, contextOf());
    const before = call(again(asked), contextOf());
    const after = call(again(asked, { q1: { action: "cancel" } }), contextOf());
    await expect(before).rejects.toMatchObject({ code: "cancelled" });
    released.resolve();
    expect(await after).toEqual({ answer: yes });
  });

  test("is one of few: who has too many is refused, others are not", async () => {
    const call = asking();
    for (let count = 0; count < MOST_PARKED_EACH; count += 1) await call(params, contextOf());
    await expect(call(params, contextOf())).rejects.toMatchObject({ code: -32_603 });
    expect(await call(params, contextOf({ principal: other }))).toMatchObject({
      resultType: "input_required",
    });
    const namesake: Principal = { ...other, id: LOCAL_PRINCIPAL.id };
    expect(await call(params, contextOf({ principal: namesake }))).toMatchObject({
      resultType: "input_required",
    });
    expect(parking.count()).toBe(MOST_PARKED_EACH + 2);
  });

  test("ends with the bridge, which no client can come back to", async () => {
    const call = asking();
    await call(params, contextOf());
    parking.end();
    expect(seen?.signal.reason).toMatchObject({ code: "cancelled" });
    expect([parking.count(), clock.armed()]).toEqual([0, 0]);
  });
});

describe("the state of a modern server", () => {
  const binding = { method: "tools/call", params, principal: LOCAL_PRINCIPAL };
  const result = { resultType: "input_required", requestState: "its own" };

  test("comes back to it as it was, from the same hands only", async () => {
    const { requestState = null } = states.sealResult(result, binding);
    expect(requestState).not.toContain("its own");
    const call = parking.around("tools/call", async (received) => ({ received }));
    const { received } = await call({ ...params, requestState }, contextOf());
    expect(received).toEqual({ ...params, requestState: "its own" });
    await expect(
      call({ ...params, requestState }, contextOf({ principal: other })),
    ).rejects.toMatchObject({ code: -32_602 });
  });

  test("is not opened after a day", () => {
    const { requestState } = states.sealResult(result, binding);
    clock.set(clock.now() + 24 * 60 * 60_000);
    expect(() => states.open(requestState, binding)).toThrow(/has expired/);
  });

  test("is left alone where there is none", () => {
    const plain = { content: [] };
    expect(states.sealResult(plain, binding)).toBe(plain);
  });
});
