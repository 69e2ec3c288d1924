import type { Clock } from "@trestle/protocol";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { Ids } from "../records/ids.ts";
import type { LedgerKeys } from "./keys.ts";
import { encodeManifest, FORMAT, type Manifest } from "./manifest.ts";
import type { Patience } from "./patience.ts";
import { putOnce } from "./put-once.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { Cut } from "./view.ts";

export interface PublishParts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly patience: Patience;
}

export interface Publication {
  readonly cut: Omit<Cut, "fold"> & { readonly fold: Uint8Array };
  /** The manifest's version that it follows; undefined where there is none. */
  readonly over: string | undefined;
  readonly number: number;
  readonly epoch: number;
  /** The compactions before it. */
  readonly history: Manifest["history"];
  readonly replaced: string | undefined;
}

/** Writes a snapshot, then the manifest that makes it count. Undefined where another came first. */
export async function publish(
  { store, keys, ids, clock, patience }: PublishParts,
  { cut, over, number, epoch, history, replaced }: Publication,
): Promise<Manifest | undefined> {
  const snapshot = keys.snapshot(number, ids.next());
  const body = await encodeSnapshot(cut);
  await putOnce(store, { key: snapshot, body, contentType: "application/octet-stream" }, patience);
  const at = clock.now();
  const absorbed = [...cut.absorbed];
  const manifest: Manifest = {
    format: FORMAT,
    number,
    at,
    epoch,
    snapshot,
    history: [
      ...history,
      { number, at, absorbed, ...(replaced === undefined ? {} : { replaced }) },
    ],
  };
  const etag = await putOnce(
    store,
    {
      key: keys.manifest,
      body: encodeManifest(manifest),
      contentType: "application/json",
      over,
    },
    patience,
  );
  return etag === undefined ? undefined : manifest;
}
