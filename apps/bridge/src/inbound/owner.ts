import type { Socket } from "node:net";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LOCAL_PRINCIPAL,
  type Logger,
  MODERN_VERSION,
  messageOf,
  type Principal,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import { serveStream } from "@trestle-mcp/server-kit/serving";
import type { Access } from "../access/access.ts";
import type { Bridge } from "../bridge.ts";
import type { Config } from "../config/load.ts";
import type { Core } from "../core.ts";
import { createCallback } from "./callback.ts";
import { type ControlRequest, readHello, sayFarewell, serveControl } from "./control.ts";
import { type Address, createHttpDoor } from "./http-door.ts";
import { createLateFeed } from "./late-feed.ts";
import { createLateRest } from "./late-rest.ts";
import { createOAuthLoginDoor } from "./oauth-login.ts";
import type { Rest } from "./rest/rest.ts";
import { createTokenMetadata } from "./token-metadata.ts";
import { createStreamWire } from "./wire-stream.ts";

export interface InboundParts {
  readonly bridge: Bridge;
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  /** What else `trestle status` tells of this process. */
  readonly facts: JsonObject;
  /** Called when somebody asks the bridge to stop. */
  readonly onStop: () => void;
  /** Called when HTTP begins, and without a URL when it ends. */
  readonly onListening: (url: string | undefined) => void;
}

/** Every way into a running bridge: its own stdio, HTTP, and the sockets of processes that joined its home. */
export interface Inbound {
  /** Resolves when the client is gone. */
  serveStdio(streams: { input: NodeJS.ReadStream; output: NodeJS.WriteStream }): Promise<void>;
  listen(address: Address): Promise<string>;
  admit(socket: Socket): void;
  /** Before the bridge takes nothing new any more: whoever can go elsewhere does. */
  leave(): Promise<void>;
  close(): Promise<void>;
  /** The last of all: tells the processes that joined that everything taken is answered, and whether to go on. */
  sayFarewell(): Promise<void>;
}

export function createInbound(parts: InboundParts): Inbound {
  const { bridge, config, log, clock, facts, onStop, onListening } = parts;
  const { instance, core } = bridge;
  const { isPlain, isListPlain } = bridge;
  const wire = { instance, log, isPlain, isListPlain };
  const streams = new Set<{ close(): Promise<void> }>();
  const joiners = new Set<Socket>();
  const api = createLateRest(core, log);
  const callback = createCallback(core, log);
  const metadata = createTokenMetadata(core.access);
  const login = createOAuthLoginDoor(core.access, log);
  const rest: Rest = (request, response, asks) => {
    // Nearly every request, and none of theirs: that is told before each of them reads the address.
    if (request.url === "/mcp") return false;
    const asked = [request, response, asks] as const;
    return callback(...asked) || metadata(...asked) || login(...asked) || api(...asked);
  };
  const openFeed = () => createLateFeed(core);
  const door = createHttpDoor({
    ...{ ...wire, config, access: core.access, rest, openFeed, onListening },
    siblings: core.shared?.siblings,
  });
  let stopping = false;

  async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
    const gone = new AbortController();
    const serving = serveStream(instance, {
      input: input as Socket,
      output: output as Socket,
      principal: LOCAL_PRINCIPAL,
      log,
      intercept: createStreamWire({ ...wire, gone: gone.signal }),
    });
    streams.add(serving);
    await serving.closed;
    gone.abort();
    streams.delete(serving);
  }

  async function answer(request: ControlRequest, signal: AbortSignal): Promise<JsonObject> {
    if (request.do === "status") {
      return { ...facts, url: door.url(), servers: bridge.status() as never };
    }
    if (request.do === "listen") return { url: await door.openFor(request, signal) };
    if (request.do === "request") return forward(request, signal, bridge);
    if (request.do === "operation") return operate(request, signal, core);
    if (request.do !== "stop") throw new TrestleError("unsupported", `Cannot ${request.do}.`);
    stopping = true;
    setImmediate(onStop);
    return { stopping: true };
  }

  return {
    serveStdio: ({ input, output }) => serve(input, output),
    listen: door.open,
    admit(socket) {
      joiners.add(socket);
      socket.once("close", () => joiners.delete(socket));
      readHello(socket).then(
        ({ want }) => (want === "mcp" ? serve(socket, socket) : serveControl(socket, answer)),
        (error: unknown) => {
          log.warn("a joiner was refused", { reason: messageOf(error) });
          socket.destroy();
        },
      );
    },
    leave: door.leave,
    async close() {
      await Promise.all([door.close(), ...[...streams].map((stream) => stream.close())]);
    },
    async sayFarewell() {
      const bye = stopping ? "stop" : "leave";
      await Promise.all([...joiners].map((socket) => sayFarewell(socket, bye, clock)));
    },
  };
}

/** A request of the command line: it reaches us over a socket that only this user can open. */
async function forward(
  { method, params, admin }: ControlRequest,
  signal: AbortSignal,
  { instance, core }: Bridge,
): Promise<JsonObject> {
  return instance.request(
    String(method),
    params as JsonObject,
    contextOf(principalOf(admin, core.access), signal),
  );
}

/** An operation that the command line asks for. */
async function operate(
  { name, input, admin }: ControlRequest,
  signal: AbortSignal,
  core: Core,
): Promise<JsonObject> {
  const context = contextOf(principalOf(admin, core.access), signal);
  const asked = { input: isJsonObject(input) ? input : {}, context };
  const [{ findOperation }, { runOperation }] = await Promise.all([
    import("./find-operation.ts"),
    import("../operations/operation.ts"),
  ]);
  return runOperation(findOperation(String(name)), asked, core);
}

/** Of a request that reached us from the command line, over a socket or in our own process. */
export function contextOf(principal: Principal, signal: AbortSignal): RequestContext {
  const info = { name: "trestle" };
  const client = {
    era: "modern",
    protocolVersion: MODERN_VERSION,
    capabilities: {},
    info,
  } as const;
  return { principal, signal, client };
}

/** Whoever brings the admin credential along administers; all others are simply on this machine. */
function principalOf(credential: JsonValue | undefined, access: Access): Principal {
  return typeof credential === "string" ? access.asAdmin(credential) : LOCAL_PRINCIPAL;
}
