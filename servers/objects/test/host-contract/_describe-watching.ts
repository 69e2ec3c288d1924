import { describe, expect, test } from "vitest";
import { CLOSE, PING_FRAME, type ServerFrame } from "../../src/protocol.ts";
import type { ContractHost } from "./_describe-host.ts";

const isReady = ({ type }: ServerFrame) => type === "ready";
const hasSeq = (seq: number) => (frame: ServerFrame) => frame.type === "event" && frame.seq === seq;

export function describeWatching(host: ContractHost): void {
  describe("watching", () => {
    test("begins with the state, and goes on with each change once", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object, { value: 2 });
      const watched = await wire.watch(object);
      await watched.next("ready", isReady);
      await wire.call(object, "increment");
      await wire.call(object, "get");
      await wire.call(object, "increment");
      await watched.next("the last event", hasSeq(3));
      expect(watched.frames).toEqual([
        { type: "state", seq: 1, exists: true, state: { value: 2 } },
        { type: "ready", seq: 1 },
        expect.objectContaining({
          type: "event",
          seq: 2,
          method: "increment",
          events: [{ value: 3 }],
        }),
        expect.objectContaining({ type: "event", seq: 3, events: [{ value: 4 }] }),
      ]);
      watched.close();
    });

    test("resumes where it was, with what was missed", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      for (let index = 0; index < 4; index += 1) await wire.call(object, "increment");
      const watched = await wire.watch(object, "?since=3&state=true");
      await watched.next("ready", isReady);
      expect(watched.frames).toMatchObject([
        { type: "event", seq: 4 },
        { type: "event", seq: 5, state: { value: 4 } },
        { type: "ready", seq: 5 },
      ]);
      await wire.call(object, "increment");
      expect(await watched.next("the next", hasSeq(6))).toMatchObject({ state: { value: 5 } });
      watched.close();
    });

    test("gets the whole state where it is too far behind, or ahead", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      const caller = await wire.watch(object);
      for (let index = 0; index < 1_010; index += 1)
        caller.send({ type: "call", id: String(index), method: "increment" });
      await caller.next("all are done", hasSeq(1_011));
      const seqs = caller.frames.flatMap((frame) => (frame.type === "event" ? [frame.seq] : []));
      expect(seqs).toEqual(Array.from({ length: 1_010 }, (_, index) => index + 2));
      for (const since of [1, 5_000]) {
        const watched = await wire.watch(object, `?since=${since}`);
        await watched.next("ready", isReady);
        expect(watched.frames).toMatchObject([
          { type: "state", seq: 1_011, state: { value: 1_010 } },
          { type: "ready", seq: 1_011 },
        ]);
        watched.close();
      }
      const { body } = await wire.ask("GET", `/v1/objects/${object}/events?since=1`);
      expect(body).toMatchObject({ complete: false, seq: 1_011 });
      caller.close();
    }, 60_000);

    test("waits for an object that is not there yet, and tells that it goes", async () => {
      const wire = host.wire();
      const object = `kv/${host.newId()}`;
      const watched = await wire.watch(object);
      expect(await watched.next("the state", ({ type }) => type === "state")).toMatchObject({
        ...{ seq: 0, exists: false, state: null },
      });
      expect((await wire.ask("GET", `/v1/objects/${object}`)).status).toBe(404);
      await wire.initialize(object);
      await watched.next("it is there", hasSeq(1));
      await wire.ask("DELETE", `/v1/objects/${object}`, {});
      expect(await watched.next("it is gone", hasSeq(2))).toMatchObject({ kind: "deleted" });
      watched.close();
    });

    test("everyone is told the same in the same order", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      const all = await Promise.all(Array.from({ length: 5 }, () => wire.watch(object)));
      await Promise.all(all.map((watched) => watched.next("ready", isReady)));
      await Promise.all(Array.from({ length: 20 }, () => wire.call(object, "increment")));
      const told = await Promise.all(
        all.map(async (watched) => {
          await watched.next("the last", hasSeq(21));
          return watched.frames.filter(({ type }) => type === "event");
        }),
      );
      expect(told[0]).toHaveLength(20);
      for (const each of told) expect(each).toEqual(told[0]);
      for (const watched of all) watched.close();
    });

    test("calls go over the socket too, and are refused there by the same words", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object, { max: 1 });
      const watched = await wire.watch(object);
      watched.send({ type: "call", id: "a", method: "increment", key: "k" });
      const done = await watched.next("an answer", (frame) => frame.type === "result");
      expect(done).toMatchObject({ id: "a", seq: 2, result: { value: 1 }, repeated: false });
      expect(await wire.call(object, "increment", {}, { key: "k" })).toMatchObject({
        repeated: true,
      });
      watched.send({ type: "call", id: "b", method: "increment" });
      const refused = await watched.next("a refusal", (frame) => frame.type === "error");
      expect(refused).toMatchObject({ id: "b", error: { code: "conflict" } });
      watched.send(PING_FRAME);
      await watched.next("a pong", ({ type }) => type === "pong");
      watched.close();
    });

    test.each(["not JSON", "{}", '{"type":"call","id":"a"}', '{"type":"shout"}'])(
      "%s is no frame, and ends the socket",
      async (text) => {
        const watched = await host.wire().watch(`counter/${host.newId()}`);
        watched.send(text);
        expect(await watched.untilClosed()).toBe(CLOSE.badFrame);
      },
    );

    test("a socket ends with its token", async () => {
      const wire = await host.wireWith({ lastsMs: 1_500 });
      const object = `counter/${host.newId()}`;
      await host.wire().initialize(object);
      const watched = await wire.watch(object);
      const ended = watched.untilClosed();
      // A host may notice it only when there is something to tell.
      const poke = setInterval(() => void host.wire().call(object, "increment"), 200);
      expect(await ended.finally(() => clearInterval(poke))).toBe(CLOSE.expired);
    });
  });
}
