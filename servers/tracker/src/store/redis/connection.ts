import { messageOf, TrestleError } from "@trestle/protocol";
import type { Redis } from "ioredis";
import { closesOf, type Wire } from "./wires.ts";

export type Command = readonly [name: string, ...args: (string | number)[]];

export interface Connection {
  /** Rejects with `unavailable` where Redis does not answer within 2 s. */
  ask<Answer>(...command: Command): Promise<Answer>;
  /** One round trip for many. */
  askAll<Answer>(commands: readonly Command[]): Promise<Answer[]>;
  /** From now on a change of the key by anybody makes the next `execute` with this watch come to nothing. */
  watch(key: string): Promise<Watch>;
  /** All or none; false where a watched key was changed. Rejects with `outcome_unknown` where the answer is lost. */
  execute(commands: readonly Command[], watch: Watch): Promise<boolean>;
  close(): Promise<void>;
}

/** Which connection keeps the watch, and how often it was closed before: another one knows nothing of it. */
export interface Watch {
  readonly redis: Redis;
  readonly closes: number;
}

export function createConnection(wire: Wire): Connection {
  const { where } = wire;

  async function ask<Answer>(...[name, ...args]: Command): Promise<Answer> {
    return onNode((redis) => redis.call(name, ...args) as Promise<Answer>);
  }

  async function askAll<Answer>(commands: readonly Command[]): Promise<Answer[]> {
    if (commands.length === 0) return [];
    return onNode(async (redis) => {
      const answers = await redis.pipeline(commands.map((command) => ["call", ...command])).exec();
      return (answers ?? []).map(([error, answer]) => {
        if (error) throw error;
        return answer as Answer;
      });
    });
  }

  /** Whoever says that the keys are elsewhere has done nothing with them. */
  async function onNode<Answer>(work: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    try {
      return await work(await wire.node());
    } catch (error) {
      if (!isElsewhere(error)) throw gone(where, error);
    }
    try {
      await wire.look();
      return await work(await wire.node());
    } catch (error) {
      throw gone(where, error);
    }
  }

  async function watch(key: string): Promise<Watch> {
    return onNode(async (redis) => {
      const watched = { redis, closes: closesOf(redis) };
      await redis.call("WATCH", key);
      return watched;
    });
  }

  async function execute(commands: readonly Command[], watched: Watch): Promise<boolean> {
    const { redis, closes } = watched;
    if (redis.status !== "ready" || closesOf(redis) !== closes) {
      throw gone(where, new Error("the connection broke before anything was written"));
    }
    try {
      const answers = await redis.multi(commands.map((command) => ["call", ...command])).exec();
      const failed = answers?.find(([error]) => error)?.[0];
      if (failed) throw failed;
      return answers !== null;
    } catch (error) {
      if (!isElsewhere(error)) {
        throw isLost(error) ? unknownOutcome(where, error) : gone(where, error);
      }
      // Nothing of it was done there: whoever planned it plans it again.
      await wire.look().catch(() => {});
      return false;
    }
  }

  return { ask, askAll, watch, execute, close: async () => wire.close() };
}

/** Another node of the cluster has the keys, or nobody at the moment. */
function isElsewhere(error: unknown): boolean {
  const previous = (error as { previousErrors?: unknown }).previousErrors;
  const all = Array.isArray(previous) ? [error, ...previous] : [error];
  return all.some((one) => /^(MOVED|ASK|TRYAGAIN|READONLY|CLUSTERDOWN)\b/.test(messageOf(one)));
}

/** A command was sent, and nobody can say whether it was done. */
function isLost(error: unknown): boolean {
  return /timed out|closed|ECONNRESET|EPIPE|max retries/i.test(messageOf(error));
}

function unknownOutcome(where: string, error: unknown): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `${where} did not answer a write (${messageOf(error)}): it may or may not be stored. ` +
      "The same batch may be stored again; nothing is counted twice.",
    { cause: error },
  );
}

function gone(where: string, error: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `${where} does not answer: ${messageOf(error)}. Nothing was stored; see that it runs and that its address is right.`,
    { cause: error, retryable: true },
  );
}
