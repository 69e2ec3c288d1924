import { type ObjectStore, ObjectStoreError } from "../object-store/object-store.ts";
import { codeOf } from "./errors.ts";
import { type Patience, patiently } from "./patience.ts";

export interface Placement {
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  /** The version to be replaced; undefined where the key is to be free. */
  readonly over?: string | undefined;
}

/**
 * Puts an object that must end up in the store as it is or not at all: an attempt whose outcome is
 * not known is read back. Returns its ETag, or undefined where somebody else's object is in its place.
 * @throws ObjectStoreError `outcome_unknown` where an attempt may still take effect; any other code
 * says that none did.
 */
export async function putOnce(
  store: ObjectStore,
  { key, body, contentType, over }: Placement,
  patience: Patience,
): Promise<string | undefined> {
  const when = over === undefined ? "absent" : { etag: over };
  // An attempt that was given up may still arrive.
  let open = false;

  async function etagIfThere(signal: AbortSignal): Promise<string | undefined> {
    const found = await store.get(key, { signal });
    return found && Buffer.compare(found.body, body) === 0 ? found.etag : undefined;
  }

  try {
    return await patiently(patience, async (signal) => {
      try {
        const { etag } = await store.put(key, body, { when, contentType, signal });
        return etag;
      } catch (error) {
        const code = codeOf(error);
        if (code === "precondition_failed") {
          // It may be an earlier attempt of this one; and a late one is stopped by the condition too.
          const etag = await etagIfThere(signal);
          open = false;
          return etag;
        }
        if (code !== "outcome_unknown" && !signal.aborted) throw error;
        open = true;
        const etag = await etagIfThere(signal);
        if (etag !== undefined) return etag;
        throw new ObjectStoreError("unavailable", `${key} was not written`, { cause: error });
      }
    });
  } catch (error) {
    if (!open) throw error;
    throw new ObjectStoreError(
      "outcome_unknown",
      `Whether ${key} was written is not known: the store did not answer in time. Doing it again is safe.`,
      { cause: error },
    );
  }
}
