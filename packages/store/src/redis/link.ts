import { createHash } from "node:crypto";
import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { parseRedisAddress, type RedisAddress } from "./address.ts";
import { createRedisClient, type RedisClient } from "./clients.ts";

export interface RedisOptions {
  /** See `parseRedisAddress`. */
  readonly url: string;
  /** Before every key and channel; other bridges on the same Redis have another one. */
  readonly prefix: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** A script that Redis runs in one step. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/**
 * The way to one Redis. Nothing waits for it longer than two seconds, and nothing at all once it is known to be
 * gone: every command rejects with `unavailable` then. It finds the way back by itself.
 */
export interface RedisLink {
  /** For people: host and port, no credentials. */
  readonly where: string;
  readonly address: RedisAddress;
  /** For libraries, within `bound`. */
  readonly client: RedisClient;
  /**
   * A key of its own kind. What stands in `together` shares one node of a cluster, and so may be used in one script.
   */
  key(kind: string, together: string, rest?: string): string;
  command<Answer>(name: string, ...args: readonly (string | number | Buffer)[]): Promise<Answer>;
  run<Answer>(
    script: RedisScript,
    keys: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<Answer>;
  isUp(): boolean;
  /** What a library asks over `client`, bounded as all the rest. */
  bound<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
  /** Told of every loss and every return. Returns the function that ends it. */
  onChange(listener: (isUp: boolean) => void): () => void;
  close(): Promise<void>;
}

/** At the start nobody waits longer for a Redis than later. */
const FIRST_MS = 2_000;
const PROBE_MS = 200;
const LONGEST_MS = 1_500;

export function defineScript(lua: string): RedisScript {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/**
 * Opens the way; where Redis does not answer within two seconds, it is down until it does. Throws `invalid_config`
 * for what is no address.
 */
export async function openRedis(options: RedisOptions): Promise<RedisLink> {
  const { url, prefix, clock = systemClock, log = silentLogger } = options;
  const address = parseRedisAddress(url);
  const { where } = address;
  const how = { kind: address.kind, clock };
  const client = await createRedisClient(address);
  const listeners = new Set<(isUp: boolean) => void>();
  let isUp = false;
  let isClosed = false;
  let probing = false;
  let last: unknown = new Error("it was not reached yet");
  client.on("error", (error) => {
    last = error;
  });

  function become(next: boolean): void {
    if (isUp === next || isClosed) return;
    isUp = next;
    if (next) log.info("Redis answers", { where });
    else log.warn("Redis is gone", { where, reason: messageOf(last) });
    for (const listener of [...listeners]) tell(listener, next, log);
    if (!next) void probe();
  }

  /** Asks until there is an answer. */
  async function probe(): Promise<void> {
    if (probing) return;
    probing = true;
    while (!isUp && !isClosed) {
      if (await isAnswering(client, how)) become(true);
      else await new Promise<void>((resolve) => clock.after(PROBE_MS, resolve));
    }
    probing = false;
  }

  async function check(): Promise<void> {
    if (!isUp || (await isAnswering(client, how))) return;
    failed(new Error("the cluster is not whole"));
  }

  async function bounded<Answer>(ask: () => Promise<unknown>): Promise<Answer> {
    if (!isUp) throw gone(where, last);
    try {
      return (await withinTime(ask(), clock)) as Answer;
    } catch (error) {
      throw failed(error);
    }
  }

  function failed(error: unknown): unknown {
    if (!isLost(error)) return error;
    last = error;
    become(false);
    return gone(where, error);
  }

  const opened: RedisLink = {
    ...{ where, address, client },
    key: (kind, together, rest) => `${prefix}:${kind}:{${together}}${rest ? `:${rest}` : ""}`,
    command: (name, ...args) => bounded(() => client.call(name, ...(args as string[]))),
    run: (script, keys, args = []) =>
      bounded(() => runScript(client, script, [...keys], [...args])),
    isUp: () => isUp,
    bound: bounded,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      isUp = false;
      listeners.clear();
      client.disconnect();
    },
  };
  client.on("ready", async () => {
    if (await isAnswering(client, how)) become(true);
  });
  // A cluster says nothing when the last of its nodes is gone.
  for (const event of ["-node", "node error"]) client.on(event, () => void check());
  client.on("close", () => failed(new Error("the connection is closed")));
  client.connect().catch(() => {});
  const answered = untilUp(opened);
  void probe();
  await Promise.race([answered, new Promise<void>((resolve) => clock.after(FIRST_MS, resolve))]);
  if (!isUp) log.warn("Redis is not reached yet", { where, reason: messageOf(last) });
  return opened;
}

/** The client gives up after a second itself; but what it loses sight of would be waited for for ever. */
async function withinTime<Answer>(answer: Promise<Answer>, clock: Clock): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(LONGEST_MS, () => reject(new Error(`no answer in ${LONGEST_MS} ms`)));
  try {
    return await Promise.race([answer, promise]);
  } finally {
    cancel();
  }
}

function untilUp(link: RedisLink): Promise<void> {
  return new Promise((resolve) => {
    // It is down until then: the first change is the one to up.
    const end = link.onChange(() => {
      end();
      resolve();
    });
  });
}

/** A node of a cluster answers for itself, also where the others are gone: it knows how the cluster stands. */
async function isAnswering(
  client: RedisClient,
  { kind, clock }: { readonly kind: RedisAddress["kind"]; readonly clock: Clock },
): Promise<boolean> {
  try {
    if (client.status !== "ready") return false;
    if (kind === "one") return (await withinTime(client.ping(), clock)) === "PONG";
    const said = await withinTime(client.call("CLUSTER", "INFO"), clock);
    return String(said).includes("cluster_state:ok");
  } catch {
    return false;
  }
}

async function runScript(
  client: RedisClient,
  { lua, sha }: RedisScript,
  keys: string[],
  args: (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
    return client.eval(lua, keys.length, ...keys, ...args);
  }
}

function tell(listener: (isUp: boolean) => void, isUp: boolean, log: Logger): void {
  try {
    listener(isUp);
  } catch (error) {
    log.error("A listener of Redis failed", { error: messageOf(error) });
  }
}

/** Redis said nothing, or that it cannot work: whoever asks next need not wait for the same. */
function isLost(error: unknown): boolean {
  const said = messageOf(error);
  if (/^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|NOAUTH|WRONGPASS)\b/.test(said)) return true;
  const isReply = (error as { name?: string }).name === "ReplyError";
  return !isReply && !isTrestleError(error);
}

function gone(where: string, cause: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `Redis at ${where} does not answer (${messageOf(cause)}). See that it runs; the bridge finds it again by itself.`,
    { cause, retryable: true },
  );
}
