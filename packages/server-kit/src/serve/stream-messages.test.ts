import { Writable } from "node:stream";
import { isJsonObject, META } from "@trestle/protocol";
import { expect, test } from "vitest";
import { call, connect } from "./_stream.ts";

test("log messages reach a legacy client from the level it asked for", async () => {
  const peer = connect({
    "tools/call": (_params, { onLog }) => {
      for (const level of ["info", "error"]) onLog?.({ level, data: { level } });
      return { content: [], asked: onLog !== undefined };
    },
  });
  await peer.handshake();
  peer.send(call(1, { name: "t" }, false));
  expect((await peer.response(1)).message.result).toMatchObject({ asked: false });
  peer.send({ id: 2, method: "logging/setLevel", params: { level: "warning" } });
  await peer.response(2);
  peer.send(call(3, { name: "t" }, false));
  await peer.response(3);
  const logs = peer.received.filter(({ message }) => message.method === "notifications/message");
  expect(logs.map(({ message }) => message.params)).toEqual([
    { level: "error", data: { level: "error" } },
  ]);
});

test("log messages reach a modern client from the level its request names", async () => {
  const peer = connect({
    "tools/call": (_params, { onLog }) => {
      for (const level of ["info", "error"]) onLog?.({ level, data: level });
      return { content: [] };
    },
  });
  peer.send(call(1, { name: "t", _meta: { [META.logLevel]: "error" } }, true));
  await peer.response(1);
  peer.send(call(2, { name: "t" }, true));
  await peer.response(2);
  const logs = peer.received.filter(({ message }) => message.method === "notifications/message");
  expect(logs.map(({ message }) => message.params)).toEqual([{ level: "error", data: "error" }]);
});

test("an interceptor sees each message first, with what is known of its sender", async () => {
  const seen: unknown[] = [];
  const peer = connect(
    { "tools/list": () => ({ tools: [] }) },
    {
      intercept(message, connection) {
        if (!("method" in message) || message.method !== "tools/call") return false;
        seen.push([
          connection.client?.protocolVersion,
          connection.client?.capabilities,
          connection.logLevel,
        ]);
        connection.send(
          `{"jsonrpc":"2.0","id":${String("id" in message && message.id)},"result":{"fast":true}}`,
        );
        return true;
      },
    },
  );
  await peer.handshake({ sampling: { x: 1 } });
  peer.send({ id: 9, method: "logging/setLevel", params: { level: "info" } });
  await peer.response(9);
  peer.send(call(1, { name: "t" }, false));
  expect((await peer.response(1)).message.result).toEqual({ fast: true });
  expect(seen).toEqual([["2025-11-25", { sampling: { x: 1 } }, "info"]]);
  expect(peer.instance.requests).toEqual([]);
});

test("what is no JSON and no message is refused, and the next message served", async () => {
  const peer = connect({});
  await peer.handshake();
  peer.send("garbage");
  peer.send("[1]");
  peer.send({ id: 1, method: "ping" });
  await peer.response(1);
  const errors = peer.received.map(({ message }) => message.error).filter(isJsonObject);
  expect(errors.map(({ code }) => code)).toEqual([-32700, -32600]);
});

test("a peer that no longer reads does not hold up the end for long", async () => {
  const waiting: (() => void)[] = [];
  const clock = {
    now: () => 0,
    after(_ms: number, work: () => void) {
      waiting.push(work);
      return () => {};
    },
  };
  const stuck = new Writable({ write() {} });
  const peer = connect({}, { output: stuck, clock });
  peer.send("garbage");
  peer.input.end();
  await new Promise((resolve) => peer.input.once("end", resolve));
  let closed = false;
  void peer.serving.closed.then(() => {
    closed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  for (const work of waiting) work();
  await peer.serving.closed;
});

test("a request that the SDK would drop is refused instead of left waiting", async () => {
  const peer = connect({});
  await peer.handshake();
  peer.send(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":1.5}}}',
  );
  expect((await peer.response(1)).message.error).toMatchObject({ code: -32600 });
});
