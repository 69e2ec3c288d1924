import { temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { startOwnRedis } from "../store/redis/_own-redis.ts";
import { openRedisStore } from "../store/redis/open.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

export type StorePlace =
  | { readonly kind: "sqlite"; readonly folder: string }
  | { readonly kind: "redis"; readonly url: string };

export async function newPlace(kind: StorePlace["kind"]): Promise<StorePlace> {
  if (kind === "sqlite") return { kind, folder: temporaryFolder("store") };
  return { kind, url: (await startOwnRedis()).url };
}

export function openPlace(place: StorePlace): Promise<TrackerStore> {
  return place.kind === "sqlite"
    ? openSqliteStore({ folder: place.folder })
    : openRedisStore({ url: place.url });
}

export async function openForTest(place: StorePlace): Promise<TrackerStore> {
  const store = await openPlace(place);
  onTestFinished(() => store.close());
  return store;
}
