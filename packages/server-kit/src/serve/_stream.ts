import { PassThrough } from "node:stream";
import {
  createLineSplitter,
  type JsonObject,
  LOCAL_PRINCIPAL,
  META,
  MODERN_VERSION,
  parseJson,
  silentLogger,
} from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { type Answer, createTestInstance } from "./_instance.ts";
import { type ServeStreamOptions, serveStream } from "./stream.ts";

export const ENVELOPE = { [META.protocolVersion]: MODERN_VERSION, [META.clientCapabilities]: {} };

export function connect(
  answers: Record<string, Answer>,
  options: Partial<ServeStreamOptions> = {},
) {
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

export const call = (id: number, params: JsonObject, modern: boolean): JsonObject => ({
  id,
  method: "tools/call",
  params: modern ? { ...params, _meta: { ...ENVELOPE, ...(params._meta as JsonObject) } } : params,
});
