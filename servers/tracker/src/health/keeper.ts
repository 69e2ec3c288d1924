import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { type AlertDelivery, toDocument } from "../alerts/outbox.ts";
import type { Document } from "../model/document.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import type { Alert } from "./alert.ts";
import type { TargetState } from "./target-state.ts";

/** What the monitor remembers of a target over restarts. */
export interface Kept {
  readonly state: TargetState;
  readonly alert?: Alert;
  /** The agent that checks it, on another host. */
  readonly agent?: string;
  /** As that agent told of it. */
  readonly kind?: string;
}

/** Keeps states with their history, and alerts with what is to be told of them. */
export interface HealthKeeper {
  load(): Promise<ReadonlyMap<string, Kept>>;
  /** A state and what is to be told of it, both or none. */
  save(
    name: string,
    kept: Kept,
    told: { readonly at: number; readonly deliveries: readonly AlertDelivery[] },
  ): Promise<void>;
  /** Of a target that is watched no more. */
  remove(name: string, told: { readonly deliveries: readonly AlertDelivery[] }): Promise<void>;
}

/** Checks of a target that stay: a day of them, each half minute. */
const KEPT_CHECKS = 2_880;
const PAGE = 500;

type Documents = Pick<TrackerStore, "documents" | "putDocuments" | "removeDocuments">;

export function keepInStore(store: Documents): HealthKeeper {
  return {
    async load() {
      const kept = new Map<string, Kept>();
      let cursor: string | undefined;
      do {
        const page = await store.documents("health", { limit: PAGE, ...(cursor && { cursor }) });
        for (const { key, value } of page.items) {
          if (isKept(value)) kept.set(key, value);
        }
        cursor = page.next;
      } while (cursor !== undefined);
      return kept;
    },
    async save(name, kept, { at, deliveries }) {
      // What is kept is JSON: numbers, texts and lists of them. All three kinds share a place: all or none.
      const state = {
        kind: "health",
        key: name,
        at,
        value: kept as unknown as JsonObject,
      } as const;
      const alert = kept.alert as unknown as JsonObject | undefined;
      const documents: Document[] = [state, ...deliveries.map(toDocument)];
      if (alert !== undefined) documents.push({ kind: "alert", key: name, at, value: alert });
      await store.putDocuments(documents, { keep: KEPT_CHECKS });
    },
    async remove(name, { deliveries }) {
      if (deliveries.length > 0) await store.putDocuments(deliveries.map(toDocument));
      await store.removeDocuments("health", [name]);
      await store.removeDocuments("alert", [name]);
    },
  };
}

/** Of another release it is begun anew. */
export function isKept(value: unknown): value is Kept {
  const state = isJsonObject(value as JsonObject) ? (value as JsonObject).state : undefined;
  return isJsonObject(state) && typeof state.status === "string" && Array.isArray(state.recent);
}
