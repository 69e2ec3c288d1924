import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Clock,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  nodeHttp,
} from "@trestle/protocol";
import { AGENT_PATH, type AgentMessage, MOST_BODY_BYTES, requestShape } from "../agent/wire.ts";
import type { AgentKeys } from "./agent-keys.ts";

export interface DoorParts {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly keys: AgentKeys;
  take(agent: string, message: AgentMessage): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where agents on other hosts deliver what they read. */
export interface Door {
  /** Undefined while another process on this host has its address. */
  readonly url: string | undefined;
  /** Opens, or waits until who has the address ends. Throws where it can never open. */
  open(): Promise<void>;
  close(): Promise<void>;
}

const MOST_AT_ONCE = 8;
const ASK_AGAIN_MS = 5_000;
const REQUEST_MS = 60_000;

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

export function createDoor({ host, port, keys, take, clock, log }: DoorParts): Door {
  let server: ReturnType<typeof nodeHttp.createServer> | undefined;
  let cancel = () => {};
  let isClosed = false;
  let busy = 0;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? "").split("?")[0];
    if (path === "/healthz") return { status: 200, body: { ok: true } };
    if (path !== AGENT_PATH) return refusal(404, "not_found", `Agents deliver at ${AGENT_PATH}`);
    if (request.method !== "POST") return refusal(405, "invalid_input", "Deliver with POST");
    const bearer = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    const agent = bearer === undefined ? undefined : await keys.agentOf(bearer);
    if (agent === undefined) return refusal(401, "denied", "This is no agent's key");
    if (busy >= MOST_AT_ONCE) return refusal(503, "unavailable", "Too many agents deliver at once");
    busy += 1;
    try {
      return await takeAll(agent, await readBody(request));
    } finally {
      busy -= 1;
    }
  }

  async function takeAll(agent: string, text: string | undefined): Promise<Answer> {
    if (text === undefined) {
      return refusal(413, "invalid_input", `A request holds at most ${MOST_BODY_BYTES} bytes`);
    }
    const parsed = requestShape.safeParse(parseJson(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue?.path.join(".") ?? "";
      return refusal(
        400,
        "invalid_input",
        `${where}: ${issue?.message ?? "no request of an agent"}`,
      );
    }
    await keys.noteSeen(agent);
    let done = 0;
    try {
      for (const message of parsed.data.messages) {
        await take(agent, message);
        done += 1;
      }
    } catch (error) {
      const code = isTrestleError(error) ? error.code : "internal";
      log.warn("an agent's delivery was not stored", { agent, error: messageOf(error) });
      const message = isTrestleError(error) ? messageOf(error) : "it could not be stored";
      return { status: 200, body: { done, error: { code, message } } };
    }
    return { status: 200, body: { done } };
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    void answer(request)
      .catch((error: unknown) => {
        log.warn("an agent was not answered", { error: messageOf(error) });
        return refusal(500, "internal", "The delivery failed");
      })
      .then(({ status, body }) => {
        if (response.destroyed) return;
        // What was not read of a request that is refused is not waited for.
        const end = request.complete ? {} : { connection: "close" };
        response.writeHead(status, { "content-type": "application/json", ...end });
        response.end(JSON.stringify(body));
      });
  }

  async function open(): Promise<void> {
    const opening = nodeHttp.createServer({ requestTimeout: REQUEST_MS }, handle);
    try {
      opening.listen(port, host);
      await once(opening, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      if (!isClosed) cancel = clock.after(ASK_AGAIN_MS, () => void open().catch(report));
      return;
    }
    if (isClosed) opening.close();
    else server = opening;
  }

  function report(error: unknown): void {
    log.error("agents cannot deliver", { error: messageOf(error) });
  }

  return {
    open,
    get url() {
      const bound = server?.address() as AddressInfo | null | undefined;
      return bound ? `http://${host.includes(":") ? `[${host}]` : host}:${bound.port}` : undefined;
    },
    async close() {
      isClosed = true;
      cancel();
      const ending = server;
      if (ending === undefined) return;
      const closed = once(ending, "close");
      ending.close();
      ending.closeIdleConnections();
      const kill = clock.after(2_000, () => ending.closeAllConnections());
      await closed;
      kill();
    },
  };
}

function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { done: 0, error: { code, message } } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined where it is too long: no more of it is kept. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += (piece as Buffer).length;
    if (size > MOST_BODY_BYTES) return undefined;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}
