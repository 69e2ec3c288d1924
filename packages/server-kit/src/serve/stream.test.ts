import { PassThrough, Writable } from "node:stream";
import {
  createLineSplitter,
  isJsonObject,
  type JsonObject,
  LOCAL_PRINCIPAL,
  META,
  MODERN_VERSION,
  parseJson,
  RpcError,
  silentLogger,
  TrestleError,
} from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, createTestInstance } from "./_instance.ts";
import { type ServeStreamOptions, serveStream } from "./stream.ts";

const ENVELOPE = { [META.protocolVersion]: MODERN_VERSION, [META.clientCapabilities]: {} };

function connect(answers: Record<string, Answer>, options: Partial<ServeStreamOptions> = {}) {
  const instance = createTestInstance(answers);
  const input = new PassThrough();
  const output = new PassThrough();
  const serving = serveStream(instance, {
    input,
    output,
    principal: LOCAL_PRINCIPAL,
    log: silentLogger,
    ...options,
  });
  onTestFinished(() => serving.close());
  const received: { text: string; message: JsonObject }[] = [];
  const waiting = new Set<() => void>();
  const splitter = createLineSplitter();
  output.on("data", (chunk: Buffer) => {
    for (const text of splitter.push(chunk).lines)
      received.push({ text, message: parseJson(text) as JsonObject });
    for (const check of waiting) check();
  });
  const send = (message: JsonObject | string): void => {
    input.write(
      `${typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...message })}\n`,
    );
  };
  /** The first message that fits, now or later. */
  function next(
    fits: (message: JsonObject) => boolean,
  ): Promise<{ text: string; message: JsonObject }> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = received.find(({ message }) => fits(message));
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }
  const response = (id: unknown) => next((message) => message.id === id && !("method" in message));
  async function handshake(capabilities: JsonObject = {}): Promise<void> {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities,
      clientInfo: { name: "c", version: "1" },
    };
    send({ id: "init", method: "initialize", params });
    await response("init");
    send({ method: "notifications/initialized" });
  }
  return { instance, input, output, serving, received, send, next, response, handshake };
}

const call = (id: number, params: JsonObject, modern: boolean): JsonObject => ({
  id,
  method: "tools/call",
  params: modern ? { ...params, _meta: { ...ENVELOPE, ...(params._meta as JsonObject) } } : params,
});

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

const askName = (params: JsonObject): JsonObject => {
  const answers = params.inputResponses as JsonObject | undefined;
  if (answers) return { content: [], answers, requestState: params.requestState };
  return {
    resultType: "input_required",
    inputRequests: { who: { method: "elicitation/create", params: { message: "Name?" } } },
    requestState: "sealed",
  };
};

test("input that a call requires is asked of a legacy client in the middle of the call", async () => {
  const peer = connect({ "tools/call": askName });
  await peer.handshake({ elicitation: {} });
  peer.send(call(1, { name: "t" }, false));
  const question = await peer.next((message) => message.method === "elicitation/create");
  expect(question.message.params).toEqual({ message: "Name?" });
  peer.send({
    id: question.message.id as number,
    result: { action: "accept", content: { name: "Ada" } },
  });
  expect((await peer.response(1)).message.result).toEqual({
    content: [],
    answers: { who: { action: "accept", content: { name: "Ada" } } },
    requestState: "sealed",
  });
});

test("a legacy client that cannot be asked gets a result that says so", async () => {
  const peer = connect({ "tools/call": askName });
  await peer.handshake();
  peer.send(call(1, { name: "t" }, false));
  expect((await peer.response(1)).message.result).toMatchObject({ isError: true });
});

test("a legacy client is asked at most eight times for one call", async () => {
  const peer = connect({ "tools/call": () => askName({}) });
  await peer.handshake({ elicitation: {} });
  peer.send(call(1, { name: "t" }, false));
  peer.output.on("data", (chunk: Buffer) => {
    const message = JSON.parse(chunk.toString()) as JsonObject;
    if (message.method) peer.send({ id: message.id as number, result: { action: "decline" } });
  });
  expect((await peer.response(1)).message.result).toMatchObject({ isError: true });
  expect(peer.instance.requests).toHaveLength(9);
});

test("required input passes to a modern client, and its answers back, as they are", async () => {
  const peer = connect({ "tools/call": askName });
  const capabilities = { ...ENVELOPE, [META.clientCapabilities]: { elicitation: {} } };
  peer.send(call(1, { name: "t", _meta: capabilities }, true));
  expect((await peer.response(1)).message.result).toMatchObject(askName({}));
  const inputResponses = { who: { action: "accept", content: { n: 1 } } };
  const retry = { name: "t", _meta: capabilities, inputResponses, requestState: "sealed" };
  peer.send(call(2, retry, true));
  expect((await peer.response(2)).message.result).toMatchObject({
    answers: inputResponses,
    requestState: "sealed",
  });
});

test("a modern client is not asked for what it did not declare", async () => {
  const peer = connect({ "tools/call": askName });
  peer.send(call(1, { name: "t" }, true));
  expect((await peer.response(1)).message.error).toMatchObject({
    code: -32021,
    data: { requiredCapabilities: { elicitation: {} } },
  });
});

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
