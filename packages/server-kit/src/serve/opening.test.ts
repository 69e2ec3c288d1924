import { PassThrough } from "node:stream";
import {
  createLineSplitter,
  type JsonObject,
  LEGACY_VERSIONS,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  openSession,
  parseJson,
  type RpcMessage,
  silentLogger,
} from "@trestle/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { createTestInstance } from "./_instance.ts";
import { createLineTransport } from "./line-transport.ts";
import { createStreamOpening } from "./opening.ts";
import { openSdkStream } from "./sdk-stream.ts";
import { serveStream } from "./stream.ts";

const clientInfo = { name: "c", version: "1" };
const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };

function initialize(changes: object = {}, id: unknown = "open"): JsonObject {
  return {
    ...{ jsonrpc: "2.0", id: id as never, method: "initialize" },
    params: { ...params, ...changes },
  };
}

const ui = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html"] } };

const plain: [string, JsonObject][] = [
  ...[...LEGACY_VERSIONS, MODERN_VERSION, "1999-01-01"].map(
    (protocolVersion): [string, JsonObject] => [
      `version ${protocolVersion}`,
      initialize({ protocolVersion }),
    ],
  ),
  ["a number for an id", initialize({}, 0)],
  ["roots that change", initialize({ capabilities: { roots: { listChanged: true } } })],
  [
    "everything that can be asked",
    initialize({ capabilities: { roots: {}, sampling: {}, elicitation: { form: {}, url: {} } } }),
  ],
  ["extensions", initialize({ capabilities: { extensions: ui, experimental: { x: {} } } })],
  ["more about itself", initialize({ clientInfo: { ...clientInfo, title: "C", websiteUrl: "x" } })],
];

const doubtful: [string, JsonObject][] = [
  ["no version", initialize({ protocolVersion: undefined })],
  ["a version that is a number", initialize({ protocolVersion: 1 })],
  ["no capabilities", initialize({ capabilities: undefined })],
  ["a capability that is a word", initialize({ capabilities: { roots: "yes" } })],
  ["a capability that is null", initialize({ capabilities: { sampling: null } })],
  ["roots with a word", initialize({ capabilities: { roots: { listChanged: "yes" } } })],
  ["an extension that is a list", initialize({ capabilities: { extensions: { x: [] } } })],
  ["no name", initialize({ clientInfo: { version: "1" } })],
  ["icons", initialize({ clientInfo: { ...clientInfo, icons: [{ src: "x" }] } })],
  ["_meta", initialize({ _meta: { progressToken: 1 } })],
  ["an id that is null", initialize({}, null)],
  ["params that are a list", { ...initialize(), params: [] }],
  ["a field of its own", { ...initialize(), extra: 1 }],
];

function open() {
  const instance = { ...createTestInstance({}), instructions: "Be kind." };
  const output = new PassThrough();
  const lines: JsonObject[] = [];
  const splitter = createLineSplitter();
  output.on("data", (chunk: Buffer) => {
    lines.push(...splitter.push(chunk).lines.map((line) => parseJson(line) as JsonObject));
  });
  const streams = { input: new PassThrough(), output, log: silentLogger };
  return { instance, lines, streams };
}

function openLong() {
  const { instance, lines, streams } = open();
  const transport = createLineTransport({ ...streams, onMessage: () => {} });
  const session = openSession("s");
  const options = { transport, principal: LOCAL_PRINCIPAL, session, log: silentLogger };
  const sdk = openSdkStream(instance, { ...options, hears: () => true });
  onTestFinished(() => sdk.close());
  return { lines, receive: (message: JsonObject) => sdk.receive(message as never) };
}

function openShort() {
  const { instance, lines, streams } = open();
  const transport = createLineTransport({ ...streams, onMessage: () => {} });
  const opening = createStreamOpening(instance, { transport, principal: LOCAL_PRINCIPAL });
  return { instance, lines, take: (message: object) => opening.take(message as RpcMessage) };
}

test.each(plain)("a client with %s is welcomed as the SDK does it", async (_what, message) => {
  const [long, short] = [openLong(), openShort()];
  long.receive(message);
  expect(short.take(message)).toBe(true);
  await vi.waitFor(() => expect(long.lines).toHaveLength(1));
  await vi.waitFor(() => expect(short.lines).toEqual(long.lines));
});

test.each(doubtful)("a client with %s is left to the SDK", (_what, message) => {
  expect(openShort().take(JSON.parse(JSON.stringify(message)))).toBe(false);
});

test("nothing but an opening is taken, and only one", () => {
  const { take } = openShort();
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
  expect([ping, initialized].map(take)).toEqual([false, false]);
  expect(take(initialize())).toBe(true);
  expect([initialized, ping].map(take)).toEqual([true, true]);
  expect([initialized, ping].map((bare) => take({ ...bare, params: {} }))).toEqual([true, true]);
  expect(take({ ...ping, params: { _meta: { progressToken: 1 } } })).toBe(false);
  expect(take(initialize())).toBe(false);
  expect(take({ jsonrpc: "2.0", id: 2, method: "tools/list" })).toBe(false);
});

function serve() {
  const { instance, lines, streams } = open();
  const serving = serveStream(instance, { ...streams, principal: LOCAL_PRINCIPAL });
  onTestFinished(() => serving.close());
  const send = (message: object): void =>
    void streams.input.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const answered = (id: unknown): Promise<void> =>
    vi.waitFor(() => expect(lines.filter((line) => line.id === id)).toHaveLength(1));
  const told = (): unknown[] => lines.flatMap(({ method }) => method ?? []);
  return { instance, lines, send, answered, told, serving };
}

test("the SDK goes on where the opening was answered, and answers it no second time", async () => {
  const { instance, lines, send, answered } = serve();
  send(initialize({ capabilities: { roots: {} } }));
  send({ method: "notifications/initialized" });
  await answered("open");
  send({ id: "level", method: "logging/setLevel", params: { level: "error" } });
  send({ id: 1, method: "tools/list" });
  await answered("level");
  await answered(1);
  expect(instance.requests.at(-1)?.context.client).toEqual({
    ...{ era: "legacy", protocolVersion: "2025-11-25" },
    ...{ capabilities: { roots: {} }, info: clientInfo },
  });
  expect(lines.map(({ id }) => id)).toEqual(["open", "level", 1]);
  // Whoever uses the id again gets an answer of its own.
  send({ id: "open", method: "ping" });
  await vi.waitFor(() => expect(lines.at(-1)).toMatchObject({ id: "open", result: {} }));
});

test("changes are told once, before and after the SDK is there", async () => {
  const { instance, send, answered, told, serving } = serve();
  instance.emit({ kind: "toolsChanged" });
  send(initialize());
  await answered("open");
  instance.emit({ kind: "toolsChanged" });
  instance.emit({ kind: "resourceUpdated", uri: "a:b" });
  const tools = "notifications/tools/list_changed";
  const prompts = "notifications/prompts/list_changed";
  await vi.waitFor(() => expect(told()).toEqual([tools]));
  send({ id: 1, method: "tools/list" });
  await answered(1);
  instance.emit({ kind: "promptsChanged" });
  await vi.waitFor(() => expect(told()).toEqual([tools, prompts]));
  await serving.close();
  instance.emit({ kind: "toolsChanged" });
  expect(told()).toEqual([tools, prompts]);
});
