import { join } from "node:path";
import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type RequestContext,
} from "@trestle/protocol";
import type { Alarms } from "./alarms.ts";
import { createCatalog } from "./catalog/catalog.ts";
import { createPins } from "./catalog/pins/pins.ts";
import { openSavedCatalog } from "./catalog/saved.ts";
import type { CoreParts } from "./core.ts";
import type { Upstreams } from "./upstreams.ts";

/** What the servers offer, as it was saved, as it was approved, and as it is now. */
export function openCatalog(
  { live, clock, log, state }: CoreParts,
  {
    upstreams,
    own,
    alarms,
  }: {
    readonly upstreams: Upstreams;
    readonly own: { readonly definitions: readonly JsonObject[] };
    readonly alarms: Alarms;
  },
) {
  const holdsSecret = (text: string): boolean => live.current().secrets.areIn(text);
  const saved = openSavedCatalog({ folder: join(state.folder, "catalog"), log, holdsSecret });
  const pins = createPins({ live, clock, log, tell: alarms.pinned, holdsSecret });
  const catalog = createCatalog({
    ...{ upstreams, saved, pins, live, clock, log },
    ...{ context: listContext(), ownTools: own.definitions },
    bridgeId: state.access.fingerprint("bridge").slice(0, 16),
  });
  return { saved, pins, catalog };
}

/** Lists are read for everybody alike: they must not vary by connection. */
function listContext(): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  };
}
