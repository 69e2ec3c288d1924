import { DurableObject } from "cloudflare:workers";
import type { ObjectRef } from "../../src/protocol.ts";

/** As the objects and the front see it; there is one for each class. */
export interface RegistryStub {
  set(id: string, exists: boolean): Promise<void>;
  /** Ids in their order, those after `after`. */
  list(after: string, limit: number): Promise<readonly string[]>;
}

/** The ids of all objects of one class: objects themselves cannot be listed. */
export class ObjectRegistry extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY) WITHOUT ROWID");
  }

  set(id: string, exists: boolean): void {
    const change = exists
      ? "INSERT OR IGNORE INTO object VALUES (?)"
      : "DELETE FROM object WHERE id = ?";
    this.#sql.exec(change, id);
  }

  list(after: string, limit: number): readonly string[] {
    const found = this.#sql.exec<{ id: string }>(
      "SELECT id FROM object WHERE id > ? ORDER BY id LIMIT ?",
      after,
      limit,
    );
    return found.toArray().map(({ id }) => id);
  }
}

export function registryOf(namespace: DurableObjectNamespace, className: string): RegistryStub {
  return namespace.getByName(className) as unknown as RegistryStub;
}

/** What an object owes its registry. */
export interface Registration {
  /** Notes it together with the turn it belongs to: what was stored is told sooner or later. */
  want(ref: ObjectRef, exists: boolean): void;
  isOwed(): boolean;
  /** Tells the registry what it does not know yet; a failure leaves it for the next time. */
  settle(): Promise<void>;
  /** When to try again, in epoch milliseconds; undefined where nothing is owed. */
  dueAt(now: number): number | undefined;
}

const KEY = "registry";
const AGAIN_MS = 5_000;

interface Owed {
  readonly ref: ObjectRef;
  readonly exists: boolean;
}

export function createRegistration(parts: {
  readonly storage: DurableObjectStorage;
  readonly registry: DurableObjectNamespace;
}): Registration {
  const { kv } = parts.storage;
  /** Read once: each turn asks. */
  let known: { readonly owed: Owed | undefined } | undefined;
  let settling = Promise.resolve();

  function owed(): Owed | undefined {
    known ??= { owed: kv.get<Owed>(KEY) };
    return known.owed;
  }

  async function tell(): Promise<void> {
    const now = owed();
    if (now === undefined) return;
    await registryOf(parts.registry, now.ref.class).set(now.ref.id, now.exists);
    // What came meanwhile is owed still.
    if (owed()?.exists !== now.exists) return;
    kv.delete(KEY);
    known = { owed: undefined };
  }

  return {
    want(ref, exists) {
      known = { owed: { ref, exists } };
      kv.put<Owed>(KEY, { ref, exists });
    },
    isOwed: () => owed() !== undefined,
    settle() {
      settling = settling.then(tell).catch(() => {});
      return settling;
    },
    dueAt: (now) => (owed() === undefined ? undefined : now + AGAIN_MS),
  };
}
