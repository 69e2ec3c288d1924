import { type Clock, isTrestleError, type JsonObject, TrestleError } from "@trestle/protocol";
import type { Shared } from "../shared.ts";

/** Questions to the other bridges of one Redis, each answered soon or not at all. */
export interface AskOthers {
  /** Those that are there, as far as is known. */
  others(): readonly string[];
  /** Rejects with what the other one threw; with `unavailable` where it does not answer in time. */
  ask(replica: string, method: string, payload: JsonObject): Promise<JsonObject>;
  /** The first answer that `isIt` takes; undefined where none is of those that answer. */
  find(
    method: string,
    payload: JsonObject,
    isIt: (answer: JsonObject) => boolean,
  ): Promise<Found | undefined>;
  /** The same; rejects with `unavailable` where somebody who may have it does not answer. */
  findForSure(
    method: string,
    payload: JsonObject,
    isIt: (answer: JsonObject) => boolean,
  ): Promise<Found | undefined>;
  all(method: string, payload: JsonObject): Promise<AllAnswers>;
}

export interface Found {
  readonly replica: string;
  readonly answer: JsonObject;
}

export interface AllAnswers {
  readonly answers: readonly { readonly replica: string; readonly answer: JsonObject }[];
  /** Those that did not answer. */
  readonly silent: readonly string[];
}

/** With what it takes to send the question, within two seconds. */
const ANSWER_MS = 1_500;
const NOTHING = Symbol("it has nothing of this");

export function createAskOthers(
  { peers, replicas, redis }: Pick<Shared, "peers" | "replicas" | "redis">,
  clock: Clock,
): AskOthers {
  async function ask(replica: string, method: string, payload: JsonObject): Promise<JsonObject> {
    if (!redis.isUp()) throw silentOne(replica, "Redis is gone");
    const leave = new AbortController();
    const cancel = clock.after(ANSWER_MS, () => {
      leave.abort(silentOne(replica, `it did not answer within ${ANSWER_MS} ms`));
    });
    try {
      return await peers.ask(replica, method, payload, { signal: leave.signal });
    } catch (error) {
      const isGone = isTrestleError(error) && error.code === "outcome_unknown";
      throw isGone ? silentOne(replica, "it is gone") : error;
    } finally {
      cancel();
    }
  }

  const findForSure: AskOthers["findForSure"] = async (method, payload, isIt) => {
    const asked = replicas.others().map(async (replica) => {
      const answer = await ask(replica, method, payload).catch((error: unknown) => {
        throw isTrestleError(error) && error.code === "unavailable" ? error : NOTHING;
      });
      if (isIt(answer)) return { replica, answer };
      throw NOTHING;
    });
    try {
      return await Promise.any(asked);
    } catch (error) {
      const silent = (error as AggregateError).errors.find((each) => each !== NOTHING);
      if (silent !== undefined) throw silent;
      return undefined;
    }
  };

  return {
    others: replicas.others,
    ask,
    find: (...asked) => findForSure(...asked).catch(() => undefined),
    findForSure,
    async all(method, payload) {
      const others = replicas.others();
      const ends = await Promise.allSettled(others.map((each) => ask(each, method, payload)));
      const silent: string[] = [];
      const answers = ends.flatMap((end, at) => {
        const replica = others[at] ?? "";
        if (end.status === "fulfilled") return [{ replica, answer: end.value }];
        silent.push(replica);
        return [];
      });
      return { answers, silent };
    },
  };
}

function silentOne(replica: string, why: string): TrestleError {
  return new TrestleError("unavailable", `The bridge ${replica} is not heard: ${why}.`, {
    retryable: true,
  });
}
