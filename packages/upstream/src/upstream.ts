import type { JsonObject, RequestContext } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import type { Upstream, UpstreamConfig, UpstreamEvent, UpstreamParts } from "./config.ts";
import { createConnect } from "./connect.ts";
import type { Connection, Interest } from "./connection.ts";
import { announceAnew } from "./events.ts";
import { createIdle, type Idle, type IdleOptions } from "./idle.ts";
import { createTail } from "./stdio/tail.ts";
import { supervise } from "./supervise.ts";

const START_TIMEOUT_MS = 30_000;

/** An upstream as configured. Nothing starts before the first request. */
export function createUpstream(config: UpstreamConfig, parts: UpstreamParts): Upstream {
  const { id } = config;
  const { clock, random = Math.random } = parts;
  const log = parts.log.child({ upstream: id });
  const stderr = createTail();
  const hide = hiding(secretsOf(config));
  const garbage: string[] = [];
  const listeners = new Set<(event: UpstreamEvent) => void>();
  const interest: Interest = {
    uris: new Set(),
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          log.error("listener failed", { error: messageOf(error) });
        }
      }
    },
  };
  const connect = createConnect(config, { ...parts, log, random, interest, stderr, garbage });
  let connected = false;
  const supervisor = supervise({
    id,
    clock,
    log,
    random,
    restart: config.restart,
    startTimeoutMs: config.startTimeoutMs ?? START_TIMEOUT_MS,
    ...(parts.onGone && { onLost: parts.onGone }),
    onState: (entered) => parts.onState?.(id, entered),
    evidence: () => [...stderr.lines(), ...garbage.map((line) => `(stdout) ${line}`)].map(hide),
    async connect(signal) {
      const connection = await connect(signal);
      if (connected) parts.onReconnect?.(id);
      connected = true;
      announceAnew(interest);
      idle?.connected();
      return connection;
    },
  });
  const idle = idleOf(config, {
    clock,
    isWatched: () => interest.uris.size > 0,
    stop() {
      supervisor.rest();
      parts.onGone?.();
    },
  });

  async function request(method: string, params: JsonObject, context: RequestContext) {
    idle?.begin(method);
    try {
      return await send(method, params, context);
    } finally {
      idle?.end(method);
    }
  }

  function send(method: string, params: JsonObject, context: RequestContext) {
    const connection = supervisor.connection(context.signal, { isRequest: true });
    return connection instanceof Promise
      ? connection.then((made) => ask(made, method, params, context))
      : ask(connection, method, params, context);
  }

  function ask(
    connection: Connection,
    ...[method, params, context]: Parameters<Upstream["request"]>
  ): Promise<JsonObject> {
    if (method === "resources/subscribe") return connection.subscribeResource(params, context);
    if (method === "resources/unsubscribe") return connection.unsubscribeResource(params, context);
    return connection.request(method, params, context);
  }

  return {
    id,
    kind: config.kind,
    ready: async (signal) => (await supervisor.connection(signal)).facts,
    request,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    health: () => ({ ...supervisor.health(), stderr: stderr.lines().map(hide) }),
    rest: () => idle?.rest(),
    close() {
      idle?.close();
      return supervisor.close();
    },
  };
}

/** A mounted server has no process and no session that could be spared. */
function idleOf(config: UpstreamConfig, options: Omit<IdleOptions, "limitMs">): Idle | undefined {
  if (config.kind === "embedded") return undefined;
  return createIdle({ ...options, limitMs: config.idleStopMs ?? (() => 0) });
}

/** Shorter values are no secrets, and would be found everywhere. */
const MIN_SECRET_LENGTH = 8;

/** What a server was given to keep: its last words go into messages that anybody may read. */
function secretsOf(config: UpstreamConfig): string[] {
  const values = config.kind === "stdio" ? Object.values(config.env ?? {}) : [];
  return values.filter((value) => value.length >= MIN_SECRET_LENGTH);
}

function hiding(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((safe, secret) => safe.replaceAll(secret, "[redacted]"), text);
}
