import { once } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  type Clock,
  createLineSplitter,
  executionIdOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  messageOf,
  parseJson,
  TrestleError,
} from "@trestle/protocol";

/**
 * What a process that joins a bridge's home says first, on a line of its own: whether it carries an MCP
 * client's messages or asks something of the bridge itself.
 */
export interface Hello {
  readonly trestle: 1;
  readonly want: "mcp" | "control";
}

/**
 * One question to the owner: `{ do: "status" | "stop" | "listen" }`, an MCP request as `{ do: "request",
 * method, params }`, or an operation as `{ do: "operation", name, input }`. The latter two are done in the
 * name of the home's administrator with `admin: CREDENTIAL`.
 */
export type ControlRequest = JsonObject & { readonly do: string };

export function writeLine(stream: Duplex, value: object): void {
  stream.write(`${JSON.stringify(value)}\n`);
}

/** Reads the first line of a fresh socket and gives back what followed it. */
export async function readHello(socket: Socket): Promise<Hello> {
  const [line, rest] = await readFirstLine(socket);
  if (rest.length > 0) socket.unshift(rest);
  const hello = parseLine(line);
  if (isJsonObject(hello) && hello.trestle === 1 && isWant(hello.want)) {
    return { trestle: 1, want: hello.want };
  }
  throw new TrestleError("unsupported", "This is the socket of another version of the bridge.");
}

const MAX_HELLO_BYTES = 4_096;

async function readFirstLine(socket: Socket): Promise<[string, Buffer]> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) throw new Error("the socket ended");
      await Promise.race([once(socket, "readable"), once(socket, "close")]);
      continue;
    }
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf(0x0a);
    if (end !== -1) return [seen.toString("utf8", 0, end), seen.subarray(end + 1)];
    if (seen.length > MAX_HELLO_BYTES) throw new Error("the first line is too long");
  }
}

function isWant(value: unknown): value is Hello["want"] {
  return value === "mcp" || value === "control";
}

function parseLine(line: string): JsonValue | undefined {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

/** Answers the questions of one control connection, one line each, in any order. */
export function serveControl(
  socket: Socket,
  answer: (request: ControlRequest, signal: AbortSignal) => Promise<JsonObject>,
): void {
  const splitter = createLineSplitter();
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  socket.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) void reply(parseLine(line));
  });

  async function reply(message: JsonValue | undefined): Promise<void> {
    const id = isJsonObject(message) ? message.id : null;
    try {
      const request = isJsonObject(message) ? message.ask : undefined;
      if (!isJsonObject(request) || typeof request.do !== "string") throw new Error("no question");
      const result = await answer(request as ControlRequest, gone.signal);
      if (!socket.destroyed) writeLine(socket, { id, result });
    } catch (error) {
      if (!socket.destroyed) writeLine(socket, { id, error: toWire(error) });
    }
  }
}

/** Asks the owner; its failure is thrown as it was. */
export type AskOwner = (request: ControlRequest, signal?: AbortSignal) => Promise<JsonObject>;

/** Opens a socket for questions, of which there may be several at once. An abort closes it. */
export function openControl(socket: Socket): AskOwner {
  const splitter = createLineSplitter();
  const waiting = new Map<JsonValue, PromiseWithResolvers<JsonObject>>();
  let asked = 0;
  writeLine(socket, { trestle: 1, want: "control" } satisfies Hello);
  socket.once("close", () => {
    const lost = new TrestleError("unavailable", "The bridge ended before it answered.");
    for (const { reject } of waiting.values()) reject(lost);
  });
  socket.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) {
      const message = parseLine(line);
      if (!isJsonObject(message)) continue;
      const answer = waiting.get(message.id ?? null);
      if (isJsonObject(message.result)) answer?.resolve(message.result);
      else answer?.reject(fromWire(message.error));
      waiting.delete(message.id ?? null);
    }
  });

  return (request, signal) => {
    asked += 1;
    const answer = Promise.withResolvers<JsonObject>();
    waiting.set(asked, answer);
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    writeLine(socket, { id: asked, ask: request });
    return answer.promise;
  };
}

/**
 * Asks the owner one thing and waits for the answer. The socket stays open: what was asked for may last as
 * long as it does.
 */
export function askOwner(
  socket: Socket,
  request: ControlRequest,
  signal?: AbortSignal,
): Promise<JsonObject> {
  return openControl(socket)(request, signal);
}

/**
 * The owner's last line. Whatever it has not answered by then it never took: that is for the next owner
 * to do. `stop`: there is none to be, nobody may take its place.
 */
export type Farewell = "leave" | "stop";

/** Says farewell and waits until that has left, or cannot. */
export function sayFarewell(socket: Socket, bye: Farewell, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(FAREWELL_MS, resolve);
    socket.write(`${JSON.stringify({ trestle: 1, bye })}\n`, () => {
      cancel();
      resolve();
    });
  });
}

const FAREWELL_MS = 300;
/** So that not every line need be parsed for it. */
const FAREWELL_START = '{"trestle"';

export function readFarewell(line: string): Farewell | undefined {
  if (!line.startsWith(FAREWELL_START)) return undefined;
  const message = parseLine(line);
  const bye = isJsonObject(message) && message.trestle === 1 ? message.bye : undefined;
  return bye === "leave" || bye === "stop" ? bye : undefined;
}

/** Resolves when the owner says that nobody may take its place. */
export function stopOf(socket: Socket): Promise<void> {
  const splitter = createLineSplitter();
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      if (splitter.push(chunk).lines.some((line) => readFarewell(line) === "stop")) resolve();
    });
  });
}

function toWire(error: unknown): JsonObject {
  const { code, data, details } = error as {
    code?: JsonValue;
    data?: JsonValue;
    details?: JsonValue;
  };
  const executionId = executionIdOf(error);
  return {
    code,
    message: messageOf(error),
    data: data ?? details,
    ...(executionId === undefined ? {} : { executionId }),
  };
}

function fromWire(error: unknown): Error {
  const { code, message, data, executionId } = isJsonObject(error) ? error : {};
  const text = typeof message === "string" ? message : "The bridge refused.";
  const facts = { code: code ?? "internal", data, details: data, executionId };
  return Object.assign(new Error(text), facts);
}
