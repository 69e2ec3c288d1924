import { Buffer } from "node:buffer";
import type { Clock } from "@trestle/protocol";
import * as z from "zod";
import { eachObject } from "../object-store/each-object.ts";
import { type ObjectStore, ObjectStoreError } from "../object-store/object-store.ts";
import type { Repository } from "./repository.ts";

/** A lock that was not renewed for so long counts as its holder's death. Milliseconds. */
const HOLD_MS = 10 * 60_000;
const RENEW_MS = 2 * 60_000;

const lockBody = z.object({ kind: z.enum(["backup", "prune"]), until: z.number() });
type Kind = z.infer<typeof lockBody>["kind"];

export interface RepositoryLock {
  /** Call it often: keeps the lock, and rejects once it was lost. */
  renew(): Promise<void>;
  /** Rejects unless the lock is still ours in the store itself. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Any number of backups at once, or one prune alone: a prune could take away what a backup that runs
 * has found and counts on. Each puts its own lock first and looks at the others' then: of two that meet,
 * at least one gives way.
 *
 * @throws ObjectStoreError `unavailable` where the other kind, or another prune, is at work.
 */
export async function lockRepository(
  { store, keys }: Repository,
  kind: Kind,
  { clock, id }: { readonly clock: Pick<Clock, "now">; readonly id: string },
): Promise<RepositoryLock> {
  const key = `${keys.locks}${kind}-${id}.json`;
  const body = () => Buffer.from(JSON.stringify({ kind, until: clock.now() + HOLD_MS }));
  let { etag } = await store.put(key, body(), { when: "absent" });
  let renewed = clock.now();
  let writing: Promise<void> | undefined;

  const other = await findOther(store, keys.locks, { own: key, kind, now: clock.now() });
  if (other) {
    await store.delete(key);
    throw new ObjectStoreError(
      "unavailable",
      `A ${other.kind} is at work on this backup until ${new Date(other.until).toISOString()} at the latest. Try again when it has ended.`,
    );
  }

  async function write(): Promise<void> {
    try {
      ({ etag } = await store.put(key, body(), { when: { etag } }));
    } catch (error) {
      if ((error as { code?: unknown }).code === "precondition_failed") throw lost();
      throw error;
    }
    renewed = clock.now();
  }

  /** Two writes at once would each take the other for a stranger's. */
  function writeOnce(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  return {
    async renew() {
      // Whoever slept longer than its lock holds may have been taken for dead.
      if (clock.now() - renewed > HOLD_MS) throw lost();
      if (clock.now() - renewed > RENEW_MS) await writeOnce();
    },
    check: writeOnce,
    release: () => store.delete(key),
  };
}

async function findOther(
  store: ObjectStore,
  prefix: string,
  { own, kind, now }: { readonly own: string; readonly kind: Kind; readonly now: number },
): Promise<z.infer<typeof lockBody> | undefined> {
  for await (const { key } of eachObject(store, prefix)) {
    if (key === own) continue;
    const found = await store.get(key);
    if (!found) continue;
    const lock = readLock(found.body);
    const until = lock?.until ?? found.modified + HOLD_MS;
    if (until < now) await store.delete(key);
    else if (lock?.kind !== "backup" || kind !== "backup") {
      return { kind: lock?.kind ?? "prune", until };
    }
  }
  return undefined;
}

function readLock(body: Uint8Array): z.infer<typeof lockBody> | undefined {
  try {
    return lockBody.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    return undefined; // counts as held by somebody until it is old
  }
}

function lost(): ObjectStoreError {
  return new ObjectStoreError(
    "unavailable",
    "This backup's lock was lost because it was not renewed in time. Nothing was finished; run it again.",
  );
}
