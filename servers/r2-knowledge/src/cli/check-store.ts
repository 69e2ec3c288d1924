import { randomUUID } from "node:crypto";
import { type Clock, messageOf } from "@trestle/protocol";
import { toKnown } from "../knowledge/failures.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What went wrong and what to do, or how long it took. */
  readonly message: string;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** After these, everything else fails in the same way. */
const HOPELESS = new Set(["unavailable", "no_bucket", "clock_skew"]);

/**
 * Tries everything that the knowledge needs of a store, with an object of its own that is gone afterwards. After
 * what is not allowed the others are tried all the same: one look tells all that is missing.
 */
export async function checkStore(
  store: ObjectStore,
  { clock, signal }: CallOptions & { clock: Pick<Clock, "now"> },
): Promise<Check[]> {
  const key = `mcp/check/${randomUUID()}.txt`;
  const checks: Check[] = [];
  let etag = "";

  let isOver = false;

  async function attempt(name: string, work: () => Promise<string | undefined>): Promise<void> {
    signal?.throwIfAborted();
    if (isOver) return;
    const from = clock.now();
    try {
      const wrong = await work();
      checks.push({ name, ok: wrong === undefined, message: wrong ?? `${clock.now() - from} ms` });
    } catch (error) {
      checks.push({ name, ok: false, message: messageOf(toKnown(error)) });
      isOver = HOPELESS.has(String((error as { code?: unknown }).code));
    }
  }

  await attempt("list objects", async () => {
    await store.list("mcp/", { limit: 1, signal });
    return undefined;
  });
  await attempt("write an object", async () => {
    ({ etag } = await store.put(key, bytes("one"), { when: "absent", signal }));
    return undefined;
  });
  await attempt("read it", async () => {
    const found = await store.get(key, { signal });
    // Where nothing could be written, it is the permission that is tried.
    const same =
      etag === "" || (found !== undefined && new TextDecoder().decode(found.body) === "one");
    return same ? undefined : "What was written is not there: the store is not consistent.";
  });
  // Of what is not there, no version can be kept or refused.
  if (etag !== "") {
    await attempt("keep what is there", () =>
      refused(() => store.put(key, bytes("two"), { when: "absent", signal })),
    );
    await attempt("change it by its version", async () => {
      await store.put(key, bytes("three"), { when: { etag }, signal });
      return undefined;
    });
    await attempt("refuse an older version", () =>
      refused(() => store.put(key, bytes("four"), { when: { etag }, signal })),
    );
  }
  await attempt("delete it", async () => {
    await store.delete(key, { signal });
    const left = await store.head(key, { signal });
    return left === undefined ? undefined : "It is still there after it was deleted.";
  });
  return checks;
}

const UNSAFE =
  "The store ignores conditions (If-None-Match, If-Match): two writers would overwrite each other. Use R2, S3, or a folder.";

async function refused(write: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await write();
    return UNSAFE;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "precondition_failed") return undefined;
    throw error;
  }
}
