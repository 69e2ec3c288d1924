import {
  type Clock,
  isTrestleError,
  type JsonObject,
  type Logger,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";

export interface ReplicatedParts {
  readonly id: string;
  /** Each at its own address, the one that is asked first in front. */
  readonly members: readonly [Upstream, ...Upstream[]];
  readonly log: Logger;
  readonly clock: Clock;
}

/** An address that takes longer to connect gives way to the next: it may be one that swallows everything. */
const CONNECT_MS = 3_000;

/**
 * One server at several addresses. Whichever answers is asked until it fails; what surely never reached it is
 * asked of the next one at once. What may have reached it is not: the policies of the call decide about that,
 * and meet the next one if they ask again.
 */
export function createReplicatedUpstream({ id, members, log, clock }: ReplicatedParts): Upstream {
  let at = 0;
  const watched = new Map<string, RequestContext>();
  const current = (): Upstream => members[at] ?? members[0];

  async function onward<Result>(
    work: (member: Upstream) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    let first: unknown;
    for (let tries = 0; tries < members.length; tries += 1) {
      const asked = at;
      try {
        // Whoever is asked last has all the time there is.
        if (tries < members.length - 1) await connected(current(), signal);
        return await work(current());
      } catch (error) {
        first ??= error;
        if (signal?.aborted || !isFailing(error)) throw error;
        moveOn(asked);
        if (!isUnsent(error)) throw error;
      }
    }
    throw first;
  }

  function connected(member: Upstream, signal: AbortSignal | undefined): Promise<unknown> {
    if (member.health().state === "ready") return Promise.resolve();
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = clock.after(CONNECT_MS, () => reject(tooSlow(id)));
    return Promise.race([member.ready(signal), promise]).finally(cancel);
  }

  /** Once, however many requests have failed there. */
  function moveOn(from: number): void {
    if (at !== from) return;
    at = (at + 1) % members.length;
    log.warn(`"${id}" does not answer at address ${from + 1}: the next one is asked from now on`, {
      upstream: id,
      address: at + 1,
    });
    for (const [uri, context] of watched) {
      const endless = { ...context, signal: new AbortController().signal };
      current()
        .request("resources/subscribe", { uri }, endless)
        .catch((error) => log.warn("subscription not restored", { uri, error: String(error) }));
    }
  }

  return {
    id,
    kind: members[0].kind,
    ready: (signal) => onward((member) => member.ready(signal), signal),
    async request(method: string, params: JsonObject, context: RequestContext) {
      const send = (member: Upstream) => member.request(method, params, context);
      const result = await onward(send, context.signal);
      if (method === "resources/subscribe") watched.set(String(params.uri), context);
      if (method === "resources/unsubscribe") watched.delete(String(params.uri));
      return result;
    },
    subscribe(listener) {
      const ends = members.map((member) => member.subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    health: () => current().health(),
    rest() {
      for (const member of members) member.rest();
    },
    async close() {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}

function tooSlow(id: string): TrestleError {
  const message = `An address of "${id}" did not connect within ${CONNECT_MS / 1_000} s. The request was not sent.`;
  return new TrestleError("unavailable", message, {
    details: { upstream: id, sent: false, connected: false },
  });
}

/** Is it the server, or the way to it, and not the request? An answer below 502 came from a server that works. */
function isFailing(error: unknown): boolean {
  if (!isTrestleError(error)) return false;
  const { code, details } = error;
  if (code !== "unavailable" && code !== "outcome_unknown" && code !== "timeout") return false;
  return typeof details?.status !== "number" || details.status >= 502;
}

function isUnsent(error: unknown): boolean {
  return isTrestleError(error) && error.details?.sent === false;
}
