import { expect, test } from "vitest";
import { connectFeed, type FeedEvent, type FeedSocket } from "./connection.ts";

/** A feed whose other end, clock and chance are the test's own. */
function open() {
  const sockets: (FeedSocket & { readonly sent: unknown[] })[] = [];
  const waits: { readonly ms: number; readonly run: () => void }[] = [];
  const told: unknown[] = [];
  const connection = connectFeed({
    open() {
      const sent: unknown[] = [];
      const socket = {
        ...{ sent, onopen: null, onmessage: null, onclose: null },
        send: (text: string) => void sent.push(JSON.parse(text)),
        close() {},
      };
      sockets.push(socket);
      return socket;
    },
    topics: ["*"],
    onEvent: ({ seq }: FeedEvent) => void told.push(seq),
    onBegin: () => void told.push("begin"),
    onGap: () => void told.push("gap"),
    onState: (state) => void told.push(state),
    after(ms, run) {
      waits.push({ ms, run });
      return () => void waits.splice(0);
    },
    random: () => 1,
  });
  const say = (frame: object): void => sockets.at(-1)?.onmessage?.({ data: JSON.stringify(frame) });
  const accept = (): void => sockets.at(-1)?.onopen?.();
  const lose = (code = 1006): void => sockets.at(-1)?.onclose?.({ code });
  return { connection, sockets, waits, told, say, accept, lose };
}

test("it asks for all topics, and for what comes from now on", () => {
  const { sockets, accept, say, told } = open();
  accept();
  say({ type: "subscribed", seq: 7 });
  expect(sockets[0]?.sent).toEqual([{ type: "subscribe", topics: ["*"] }]);
  expect(told).toEqual(["connecting", "begin", "live"]);
});

test("after a loss it goes on behind the last event that it saw", () => {
  const { sockets, waits, accept, say, lose, told } = open();
  accept();
  say({ type: "subscribed", seq: 7 });
  say({ type: "event", seq: 9, topic: "call.success", time: "", payload: {} });
  lose();
  waits.shift()?.run();
  accept();
  expect(sockets[1]?.sent).toEqual([{ type: "subscribe", topics: ["*"], since: 9 }]);
  expect(told).toEqual(["connecting", "begin", "live", 9, "lost", "lost"]);
});

test("it waits twice as long after each failed try, but never longer than a quarter of a minute", () => {
  const { waits, lose } = open();
  const waited = Array.from({ length: 8 }, () => {
    lose();
    const wait = waits.shift();
    wait?.run();
    return wait?.ms;
  });
  expect(waited).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test("a connection that holds makes the next wait short again", () => {
  const { waits, accept, say, lose } = open();
  for (let times = 0; times < 4; times += 1) {
    lose();
    waits.shift()?.run();
  }
  accept();
  say({ type: "subscribed", seq: 1 });
  lose();
  expect(waits[0]?.ms).toBe(500);
});

test("what nobody will see any more is told, and asked for no more", () => {
  const { sockets, waits, accept, say, lose, told } = open();
  accept();
  say({ type: "gap", from: 1, to: 40 });
  lose();
  waits.shift()?.run();
  accept();
  expect(told).toContain("gap");
  expect(sockets[1]?.sent).toEqual([{ type: "subscribe", topics: ["*"], since: 40 }]);
});

test("who may not read is not tried again, and who asks is tried at once", () => {
  const refused = open();
  refused.lose(4401);
  expect([refused.told.at(-1), refused.waits.length]).toEqual(["refused", 0]);

  const { connection, sockets, lose } = open();
  lose();
  connection.retry();
  expect(sockets).toHaveLength(2);
});

test("once closed it stays closed", () => {
  const { connection, waits, lose } = open();
  connection.close();
  lose();
  expect(waits).toEqual([]);
});
