import {
  type ObjectFacts,
  type ObjectStore,
  ObjectStoreError,
  type PutOptions,
  type StoredObject,
} from "../src/object-store/object-store.ts";

/** Objects in memory, each request as one step. */
export function createMemoryStore(now: () => number = Date.now): ObjectStore {
  const objects = new Map<string, StoredObject>();
  let version = 0;

  function check(key: string, when: PutOptions["when"]): void {
    const there = objects.get(key);
    const holds =
      when === undefined || (when === "absent" ? there === undefined : there?.etag === when.etag);
    if (!holds) throw new ObjectStoreError("precondition_failed", `${key} is not as expected`);
  }

  const factsOf = ({ body: _, ...facts }: StoredObject): ObjectFacts => facts;

  return {
    description: "objects in memory",
    get: async (key) => {
      const object = objects.get(key);
      return object && { ...object };
    },
    head: async (key) => {
      const object = objects.get(key);
      return object && factsOf(object);
    },
    put: async (key, body, { when } = {}) => {
      check(key, when);
      version += 1;
      const etag = `"${version}"`;
      objects.set(key, { key, etag, body, size: body.length, modified: now() });
      return { etag };
    },
    putStream: () => Promise.reject(new Error("not used")),
    getStream: () => Promise.reject(new Error("not used")),
    delete: async (keys) => {
      for (const key of [keys].flat()) objects.delete(key as string);
    },
    list: async (prefix, { after = "", limit = 1_000 } = {}) => {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after);
      const page = keys.toSorted().slice(0, limit);
      return {
        objects: page.map((key) => factsOf(objects.get(key) as StoredObject)),
        next: keys.length > limit ? page.at(-1) : undefined,
      };
    },
    close: async () => {},
  };
}
