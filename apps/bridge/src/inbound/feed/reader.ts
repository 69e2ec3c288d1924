import type { FeedPeer, HubEvent } from "@trestle/events";
import { type Principal, TrestleError } from "@trestle/protocol";
import { READS } from "../../access/sight.ts";
import { isOwnTopic } from "../../alarms.ts";
import type { Core } from "../../core.ts";
import { seesEverything } from "../../operations/sight.ts";
import { callObject } from "./object-call.ts";
import type { ObjectWatches } from "./object-watches.ts";

/** What of the servers' own topics takes a scope: `one:events:read` covers those of `one`. */
const EVENTS = "events";

/**
 * Whoever reads the feed. `current` tells who that is now, from the credential that was presented: nobody
 * once it holds no more, and then for good, so that one revoked key is not counted as many wrong ones.
 */
export function createReader(
  current: () => Principal | undefined,
  { core, objects }: { readonly core: Core; readonly objects: ObjectWatches },
): FeedPeer {
  let known: Principal | undefined;
  let askedAt: number | undefined;
  let isGone = false;
  /** Asked for each event, of which there may be many in one millisecond. */
  function reader(): Principal | undefined {
    const now = core.clock.now();
    if (isGone || now === askedAt) return known;
    known = current();
    askedAt = now;
    isGone = known === undefined;
    return known;
  }
  return {
    isValid: () => reader() !== undefined,
    mayRead(event) {
      const principal = reader();
      return principal !== undefined && mayRead(event, principal, core);
    },
    listen(topics) {
      const principal = reader();
      const { begun, end } = objects.listen(
        topics,
        (server) => principal !== undefined && mayHear(server, principal, core),
      );
      const expected = core.hub.expect?.(topics);
      return { begun: expected ? Promise.all([begun, expected]).then(() => {}) : begun, end };
    },
    async call(frame, signal) {
      const principal = reader();
      if (principal === undefined) throw new TrestleError("denied", "Your key holds no more.");
      return callObject(frame, { principal, signal }, core);
    },
  };
}

type FeedRights = Pick<Core, "access" | "sight">;

/** Its own topics, of a mounted server. */
function mayHear(server: string, principal: Principal, { access }: FeedRights): boolean {
  if (seesEverything(principal)) return true;
  return access.allows(principal, { server, tool: EVENTS, hints: READS });
}

/** As REST shows it: of calls only one's own, and of servers those that one may use. */
function mayRead(event: HubEvent, principal: Principal, rights: FeedRights): boolean {
  if (seesEverything(principal)) return true;
  const { topic, payload, source } = event;
  if (source !== undefined) return mayHear(source, principal, rights);
  if (!isOwnTopic(topic)) return false;
  if (payload.principal !== undefined) return payload.principal === principal.id;
  if (typeof payload.server !== "string") return false;
  const sees = rights.sight.servers(principal);
  return sees === undefined || sees(payload.server);
}
