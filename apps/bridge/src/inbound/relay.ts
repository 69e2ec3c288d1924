import type { Duplex } from "node:stream";
import {
  createLineSplitter,
  isJsonObject,
  isNotification,
  isRequest,
  isResponse,
  isRpcId,
  isRpcMessage,
  type JsonValue,
  parseJson,
  RPC,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from "@trestle/protocol";
import { STOPPING } from "../running.ts";
import { readFarewell } from "./control.ts";
import { createRelayMemory } from "./relay-memory.ts";

/**
 * Carries one MCP client's messages to the bridge that owns the home, and to the next one when that dies.
 * The client notices nothing but the calls that were on their way: those are answered `outcome_unknown`.
 */
export interface Relay {
  /** Takes a new bridge: opens it with the client's own handshake, then repeats what is safe to repeat. */
  attach(bridge: Duplex): void;
  /** Nobody will take the place of the bridge: whoever waits for the next one is told so. */
  dismiss(): void;
  /** Resolves when the client is gone. */
  readonly clientGone: Promise<void>;
  /** Resolves when the bridge said that nobody is to take its place. */
  readonly dismissed: Promise<void>;
}

export interface RelayStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export function createRelay({ input, output }: RelayStreams): Relay {
  const memory = createRelayMemory();
  const pending = new Map<RpcId, { request: RpcRequest; line: string }>();
  /** Lines that came while no bridge was there. */
  let waiting: string[] = [];
  let bridge: Duplex | undefined;
  /** What a bridge that is leaving refused: the next one does it, and if there is none, this is the answer. */
  const refusals = new Map<RpcId, string>();
  /** It said farewell: what is pending was never taken, and is as good as never sent. */
  let leftInOrder = false;
  const clientGone = Promise.withResolvers<void>();
  const dismissed = Promise.withResolvers<void>();

  const fromClient = createLineSplitter();
  input.on("data", (chunk: Buffer) => {
    for (const line of fromClient.push(chunk).lines) takeFromClient(line);
  });
  const leave = (): void => {
    bridge?.end();
    clientGone.resolve();
  };
  input.once("end", leave).once("close", leave).once("error", leave);
  output.once("error", leave);

  function takeFromClient(line: string): void {
    const message = parseMessage(line);
    if (message && isRequest(message)) pending.set(message.id, { request: message, line });
    if (message) memory.note(message);
    const cancelled = message && cancelledId(message);
    // Nobody waits for it any more, neither for its answer nor for the next bridge to do it.
    if (cancelled !== undefined && pending.delete(cancelled)) refusals.delete(cancelled);
    if (bridge) bridge.write(`${line}\n`);
    else waiting.push(line);
  }

  function takeFromBridge(line: string): void {
    const farewell = readFarewell(line);
    if (farewell === "stop") dismiss();
    if (farewell !== undefined) {
      leftInOrder = true;
      return;
    }
    const message = parseMessage(line);
    if (message && isResponse(message) && message.id !== null) {
      if (memory.isReplayed(message.id)) return;
      const answered = pending.get(message.id);
      if (answered && isLeaving(answered.request, message)) {
        refusals.set(message.id, line);
        return;
      }
      pending.delete(message.id);
      if (answered && message.result) memory.accepted(answered.request, message.result);
    }
    output.write(`${line}\n`);
  }

  function attach(next: Duplex): void {
    bridge = next;
    leftInOrder = false;
    const splitter = createLineSplitter();
    next.on("data", (chunk: Buffer) => {
      for (const line of splitter.push(chunk).lines) takeFromBridge(line);
    });
    next.once("close", () => {
      if (bridge === next) lose();
    });
    for (const message of memory.replay()) next.write(`${JSON.stringify(message)}\n`);
    for (const { line } of pending.values()) if (!waiting.includes(line)) next.write(`${line}\n`);
    for (const line of waiting) next.write(`${line}\n`);
    waiting = [];
    refusals.clear();
  }

  function dismiss(): void {
    for (const id of pending.keys()) {
      output.write(`${refusals.get(id) ?? JSON.stringify(neverTaken(id))}\n`);
    }
    pending.clear();
    dismissed.resolve();
  }

  /** What cannot be repeated is answered at once: the client must not wait for nobody. */
  function lose(): void {
    bridge = undefined;
    for (const [id, { request }] of pending) {
      if (leftInOrder || memory.isRepeatable(request) || refusals.has(id)) continue;
      pending.delete(id);
      output.write(`${JSON.stringify(lostAnswer(id, request))}\n`);
    }
  }

  return { attach, dismiss, clientGone: clientGone.promise, dismissed: dismissed.promise };
}

function cancelledId(message: RpcMessage): RpcId | undefined {
  if (!isNotification(message) || message.method !== "notifications/cancelled") return undefined;
  const id = message.params?.requestId;
  return isRpcId(id) ? id : undefined;
}

/** Does the bridge leave it to the next one? A call that it refuses, a subscription that it ends. */
function isLeaving({ method }: RpcRequest, { result, error }: RpcResponse): boolean {
  if (method === "subscriptions/listen") return result !== undefined;
  const data = isJsonObject(error?.data) ? error.data : {};
  return isJsonObject(data.details) && data.details[STOPPING] === true;
}

function lostAnswer(id: RpcId, { method, params }: RpcRequest): object {
  const name = method === "tools/call" ? ` ${String(params?.name)}` : "";
  return {
    jsonrpc: "2.0",
    id,
    error: {
      code: RPC.internal,
      message: `The bridge ended while ${method}${name} was running. Check with a read whether it took effect.`,
      data: { code: "outcome_unknown", retryable: false },
    },
  };
}

function neverTaken(id: RpcId): object {
  const message = "The bridge was stopped before it took this request. Nothing was done.";
  const data = { code: "unavailable", retryable: true };
  return { jsonrpc: "2.0", id, error: { code: RPC.internal, message, data } };
}

function parseMessage(line: string): RpcMessage | undefined {
  try {
    const value: JsonValue = parseJson(line);
    return isJsonObject(value) && isRpcMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
