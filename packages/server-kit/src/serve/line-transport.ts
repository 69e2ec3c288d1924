import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/server";
import {
  type Clock,
  createLineSplitter,
  isJsonObject,
  isRpcId,
  isRpcMessage,
  type JsonValue,
  type Logger,
  MAX_FRAME_BYTES,
  messageOf,
  parseJson,
  RPC,
  type RpcMessage,
  type RpcResponse,
  systemClock,
} from "@trestle/protocol";

/** How long a peer that no longer reads may hold up the end. */
const LAST_WORDS_MS = 1500;

export interface LineTransport extends Transport {
  write(message: RpcMessage | string): void;
  /** Resolves after the end, when the last byte is out, can no longer go out, or is not taken. */
  readonly flushed: Promise<void>;
}

export interface LineTransportOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Takes every message that has the form of one. */
  readonly onMessage: (message: RpcMessage) => void;
  /** What has to be done before the end of the input counts: messages may wait for the SDK. */
  readonly beforeEnd?: () => Promise<unknown> | undefined;
}

/**
 * The SDK's transport over a pair of streams: framing in linear time, digits of numbers kept. It reads from
 * its first start on, and does not hand on what it reads: whoever takes the messages does.
 */
export function createLineTransport(options: LineTransportOptions): LineTransport {
  const { input, output, log, onMessage, beforeEnd } = options;
  const splitter = createLineSplitter();
  let started = false;
  let closed = false;
  let unwritten = 0;
  const flushed = Promise.withResolvers<void>();

  const transport: LineTransport = { start, send, close, write, flushed: flushed.promise };

  async function start(): Promise<void> {
    if (started) return;
    started = true;
    input.on("data", onData).on("error", onEnd).on("end", onEnd).on("close", onEnd);
    output.on("error", onEnd);
    if (input.readableEnded || input.destroyed) setImmediate(onEnd);
  }

  function onData(chunk: Buffer | string): void {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    const { lines, oversized } = splitter.push(bytes);
    for (let count = 0; count < oversized; count += 1) {
      refuse(RPC.invalidRequest, `Message over ${MAX_FRAME_BYTES} bytes: send a smaller one`);
    }
    for (const line of lines) receive(line);
  }

  function receive(line: string): void {
    if (closed) return;
    let value: JsonValue;
    try {
      value = parseJson(line);
    } catch {
      refuse(RPC.parseError, "Parse error: send one JSON-RPC message per line");
      return;
    }
    if (!isRpcMessage(value)) {
      const message = "Not a JSON-RPC 2.0 request, notification or response";
      refuse(RPC.invalidRequest, message, idOf(value));
      return;
    }
    try {
      onMessage(value);
    } catch (error) {
      log.error("message failed", { error: messageOf(error) });
    }
  }

  function refuse(code: number, message: string, id: RpcResponse["id"] = null): void {
    write({ jsonrpc: "2.0", id, error: { code, message } });
  }

  function write(message: RpcMessage | string): void {
    // A peer that went away is told nothing; its end reaches us by itself.
    void send(message as never).catch(() => {});
  }

  function send(message: object | string): Promise<void> {
    if (output.destroyed || output.writableEnded)
      return Promise.reject(new Error("the stream is closed"));
    const line = typeof message === "string" ? message : JSON.stringify(message);
    unwritten += 1;
    return new Promise((resolve, reject) => {
      output.write(`${line}\n`, (error) => {
        unwritten -= 1;
        if (closed && unwritten === 0) flushed.resolve();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  function onEnd(): void {
    void (beforeEnd?.() ?? Promise.resolve()).then(close);
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    input.off("data", onData).off("end", onEnd).off("close", onEnd);
    if (input.listenerCount("data") === 0) input.pause();
    transport.onclose?.();
    if (unwritten === 0 || output.destroyed) flushed.resolve();
    else (options.clock ?? systemClock).after(LAST_WORDS_MS, flushed.resolve);
  }

  return transport;
}

function idOf(value: unknown): RpcResponse["id"] {
  return isJsonObject(value) && isRpcId(value.id) ? value.id : null;
}
