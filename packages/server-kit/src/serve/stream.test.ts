import { type JsonObject, parseJson, RpcError, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { refuseForeign } from "./_instance.ts";
import { call, connect, ENVELOPE } from "./_stream.ts";

for (const modern of [false, true]) {
  const era = modern ? "modern" : "legacy";

  test(`a ${era} result reaches the wire with unknown keys, key order and every digit`, async () => {
    const block =
      '{"zeta":1,"type":"text","text":"x","extra":{"id":9007199254740993},"alpha":[1e400]}';
    const peer = connect({
      "tools/call": () => parseJson(`{"content":[${block}],"other":true}`) as JsonObject,
    });
    if (!modern) await peer.handshake();
    peer.send(call(1, { name: "t" }, modern));
    expect((await peer.response(1)).text).toContain(`"content":[${block}],"other":true`);
  });

  test(`${era} arguments reach the instance with every digit`, async () => {
    const peer = connect({ "tools/call": ({ arguments: given }) => ({ content: [], given }) });
    if (!modern) await peer.handshake();
    const meta = modern ? `,"_meta":${JSON.stringify(ENVELOPE)}` : "";
    peer.send(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"n":12345678901234567890}${meta}}}`,
    );
    expect((await peer.response(1)).text).toContain('"given":{"n":12345678901234567890}');
  });

  test(`${era} progress is sent while the request runs and never after its answer`, async () => {
    let late = (): void => {};
    const peer = connect({
      "tools/call": (_params, { onProgress }) => {
        onProgress?.({ progress: 1, total: 2, message: "half" });
        late = () => onProgress?.({ progress: 2 });
        return { content: [] };
      },
    });
    if (!modern) await peer.handshake();
    peer.send(call(1, { name: "t", _meta: { progressToken: "p" } }, modern));
    await peer.response(1);
    late();
    peer.send({ id: 2, ...(modern ? call(2, { name: "u" }, true) : { method: "ping" }) });
    await peer.response(2);
    const progress = peer.received.filter(
      ({ message }) => message.method === "notifications/progress",
    );
    expect(progress.map(({ message }) => message.params)).toEqual([
      { progressToken: "p", progress: 1, total: 2, message: "half" },
    ]);
  });

  test(`a ${era} cancellation aborts the request's signal and leaves it unanswered`, async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const peer = connect({
      "tools/call": (_params, { signal }) => {
        started.resolve(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
      "tools/list": () => ({ tools: [] }),
    });
    if (!modern) await peer.handshake();
    peer.send(call(1, { name: "t" }, modern));
    const signal = await started.promise;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    peer.send({ method: "notifications/cancelled", params: { requestId: 1, reason: "enough" } });
    await aborted;
    peer.send({ id: 2, method: "tools/list", params: modern ? { _meta: ENVELOPE } : {} });
    await peer.response(2);
    expect(peer.received.some(({ message }) => message.id === 1)).toBe(false);
  });

  test(`failures become ${era} errors with just the facts that may be shown`, async () => {
    const failures: Record<string, Error> = {
      rpc: new RpcError(-32602, "no such tool", { name: "x" }),
      expected: new TrestleError("rate_limited", "wait", {
        retryAfterMs: 5,
        details: { limit: 3 },
      }),
      bug: new Error("connection refused by db.internal"),
      abort: new DOMException("aborted", "AbortError"),
    };
    const peer = connect({
      "tools/call": ({ name }) => {
        throw failures[name as string];
      },
    });
    if (!modern) await peer.handshake();
    const errors: unknown[] = [];
    for (const [index, name] of Object.keys(failures).entries()) {
      peer.send(call(index, { name }, modern));
      errors.push((await peer.response(index)).message.error);
    }
    expect(errors).toEqual([
      { code: -32602, message: "no such tool", data: { name: "x" } },
      {
        code: -32603,
        message: "wait",
        data: { code: "rate_limited", retryable: true, retryAfterMs: 5, details: { limit: 3 } },
      },
      { code: -32603, message: "internal error" },
      { code: -32603, message: "internal error" },
    ]);
  });

  test(`the end of input aborts what runs for a ${era} peer, and closes`, async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const peer = connect({
      "tools/call": (_params, { signal }) => {
        started.resolve(signal);
        return new Promise(() => {});
      },
    });
    if (!modern) await peer.handshake();
    peer.send(call(1, { name: "t" }, modern));
    const signal = await started.promise;
    peer.input.end();
    await peer.serving.closed;
    expect(signal.aborted).toBe(true);
  });

  test(`an unknown method is refused to a ${era} peer`, async () => {
    const peer = connect({});
    if (!modern) await peer.handshake();
    peer.send({ id: 1, method: "no/such", params: modern ? { _meta: ENVELOPE } : {} });
    expect((await peer.response(1)).message.error).toMatchObject({ code: -32601 });
  });

  test(`many ${era} requests run at once`, async () => {
    const all = Promise.withResolvers<JsonObject>();
    let running = 0;
    const peer = connect({
      "tools/call": () => {
        running += 1;
        if (running === 50) all.resolve({ content: [] });
        return all.promise;
      },
    });
    if (!modern) await peer.handshake();
    for (let id = 1; id <= 50; id += 1) peer.send(call(id, { name: "t" }, modern));
    await Promise.all(Array.from({ length: 50 }, (_, index) => peer.response(index + 1)));
  });
}

test("a legacy peer hears of changed lists, and of the resources it subscribed to", async () => {
  const peer = connect({});
  await peer.handshake();
  peer.send({ id: 1, method: "resources/subscribe", params: { uri: "a://1" } });
  await peer.response(1);
  peer.instance.emit({ kind: "resourceUpdated", uri: "a://2" });
  peer.instance.emit({ kind: "resourceUpdated", uri: "a://1" });
  peer.instance.emit({ kind: "toolsChanged" });
  await peer.next((message) => message.method === "notifications/tools/list_changed");
  const updated = peer.received.filter(
    ({ message }) => message.method === "notifications/resources/updated",
  );
  expect(updated.map(({ message }) => message.params)).toEqual([{ uri: "a://1" }]);
  peer.input.end();
  await peer.serving.closed;
  expect(peer.instance.requests.map(({ method }) => method)).toEqual([
    "resources/subscribe",
    "resources/unsubscribe",
  ]);
});

test("a modern peer hears of what it listens to, and the instance of what is wanted", async () => {
  const peer = connect({});
  const notifications = { toolsListChanged: true, resourceSubscriptions: ["a://1"] };
  peer.send({
    id: "l",
    method: "subscriptions/listen",
    params: { notifications, _meta: ENVELOPE },
  });
  await peer.next((message) => message.method === "notifications/subscriptions/acknowledged");
  peer.instance.emit({ kind: "promptsChanged" });
  peer.instance.emit({ kind: "resourceUpdated", uri: "a://1" });
  peer.instance.emit({ kind: "toolsChanged" });
  await peer.next((message) => message.method === "notifications/tools/list_changed");
  expect(peer.received.map(({ message }) => message.method)).toEqual([
    "notifications/subscriptions/acknowledged",
    "notifications/resources/updated",
    "notifications/tools/list_changed",
  ]);
  peer.send({ method: "notifications/cancelled", params: { requestId: "l" } });
  peer.send({ id: 2, method: "tools/list", params: { _meta: ENVELOPE } });
  await peer.response(2);
  expect(peer.instance.requests.map(({ method, params }) => [method, params.uri])).toEqual([
    ["resources/subscribe", "a://1"],
    ["resources/unsubscribe", "a://1"],
    ["tools/list", undefined],
  ]);
});

test("a modern peer hears nothing of a resource that it was refused", async () => {
  const peer = connect({ "resources/subscribe": refuseForeign });
  const notifications = { resourceSubscriptions: ["a://foreign", "a://own"] };
  const params = { notifications, _meta: ENVELOPE };
  peer.send({ id: "l", method: "subscriptions/listen", params });
  await peer.next((message) => message.method === "notifications/subscriptions/acknowledged");
  peer.instance.emit({ kind: "resourceUpdated", uri: "a://foreign" });
  peer.instance.emit({ kind: "resourceUpdated", uri: "a://own" });
  const { message } = await peer.next(({ method }) => method === "notifications/resources/updated");
  expect(message.params).toMatchObject({ uri: "a://own" });
});

test("a message of 64 MiB passes both ways", async () => {
  const peer = connect({ "tools/call": ({ arguments: given }) => ({ content: [], given }) });
  await peer.handshake();
  const text = "x".repeat(64 * 1024 * 1024);
  peer.send(call(1, { name: "t", arguments: { text } }, false));
  const { given } = (await peer.response(1)).message.result as { given: { text: string } };
  expect(given.text.length).toBe(text.length);
});

test("structured content that is no object is wrapped for a legacy peer, as its listed schema is", async () => {
  const outputSchema = { type: "array", items: { type: "number" } };
  const peer = connect({
    "tools/list": () => ({ tools: [{ name: "t", inputSchema: { type: "object" }, outputSchema }] }),
    "tools/call": () => ({ content: [], structuredContent: [1, 2], resultType: "complete" }),
  });
  await peer.handshake();
  peer.send({ id: 1, method: "tools/list" });
  const { tools } = (await peer.response(1)).message.result as { tools: JsonObject[] };
  expect(tools[0]?.outputSchema).toMatchObject({
    type: "object",
    properties: { result: outputSchema },
  });
  peer.send(call(2, { name: "t" }, false));
  expect((await peer.response(2)).message.result).toMatchObject({
    structuredContent: { result: [1, 2] },
  });
  expect((await peer.response(2)).text).not.toContain("resultType");
});
