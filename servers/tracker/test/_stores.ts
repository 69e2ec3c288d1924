import { openRedisStore } from "../src/store/redis/open.ts";
import { openSqliteStore } from "../src/store/sqlite/open.ts";
import type { TrackerStore } from "../src/store/tracker-store.ts";

/** A store that several processes open. */
export type StorePlace =
  | { readonly kind: "sqlite"; readonly folder: string }
  | { readonly kind: "redis"; readonly url: string };

export function openTestStore(place: StorePlace): Promise<TrackerStore> {
  return place.kind === "sqlite"
    ? openSqliteStore({ folder: place.folder })
    : openRedisStore({ url: place.url });
}
