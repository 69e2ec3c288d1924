import type { Clock } from "@trestle/protocol";
import type { LinkRequest } from "./link.ts";

/** So long a server may still work at what nobody waits for any more. */
const WORKS_MS = 30_000;
const MOST = 256;

/** Requests that were given up and not answered: what the server says of its own accord may be about one of them. */
export interface Abandoned {
  add(id: number, request: LinkRequest): void;
  /** It was answered after all. */
  remove(id: unknown): void;
  /** Without their way back to a client, who has left. */
  requests(): LinkRequest[];
}

export function createAbandoned(clock: Pick<Clock, "now">): Abandoned {
  const entries = new Map<number, { readonly request: LinkRequest; readonly at: number }>();

  function forget(): void {
    const oldest = clock.now() - WORKS_MS;
    for (const [id, { at }] of entries) {
      if (at > oldest && entries.size <= MOST) break;
      entries.delete(id);
    }
  }

  return {
    add(id, request) {
      entries.set(id, { request: withoutWayBack(request), at: clock.now() });
      forget();
    },
    remove: (id) => void entries.delete(id as number),
    requests() {
      forget();
      return [...entries.values()].map(({ request }) => request);
    },
  };
}

function withoutWayBack({ method, context }: LinkRequest): LinkRequest {
  if (!context) return { method, params: {}, isGivenUp: true };
  const { askClient: _ask, onLog: _log, onProgress: _progress, ...rest } = context;
  return { method, params: {}, context: rest, isGivenUp: true };
}
