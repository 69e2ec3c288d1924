import { createHash, timingSafeEqual } from "node:crypto";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import { AGENT_NAME } from "../agent/wire.ts";
import type { AlertWebhook } from "../alerts/config.ts";
import { deliveriesOf } from "../alerts/outbox.ts";
import { endOfWatch } from "../health/judge.ts";
import { keepInStore } from "../health/keeper.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

/** An agent that may deliver. Times are epoch milliseconds. */
export interface KnownAgent {
  readonly name: string;
  readonly addedAt: number;
  /** When it was last heard of, to some seconds. */
  readonly seenAt?: number;
}

/** The keys of agents. Of a key only its hash is kept. */
export interface AgentKeys {
  list(): Promise<readonly KnownAgent[]>;
  /** A key of its own, told once; the one that it had before opens nothing any more. Throws `invalid_input`. */
  add(name: string): Promise<string>;
  /**
   * What it delivered stays, but for the targets that it checked: who was told that one is down is told that it is
   * watched no more. Throws `not_found`.
   */
  remove(name: string): Promise<void>;
  /** Whose key it is; undefined for nobody's. */
  agentOf(key: string): Promise<string | undefined>;
  /** It was heard of. */
  noteSeen(name: string): Promise<void>;
}

const PREFIX = "agent/";
/** Apart from the keys: whoever notes that an agent was heard of brings back no key that was taken away. */
const SEEN = "agent-seen/";
const SEEN_AGAIN_MS = 10_000;
const MOST = 500;

export function createAgentKeys(parts: {
  readonly store: Pick<TrackerStore, "document" | "documents" | "putDocuments" | "removeDocuments">;
  readonly now: () => number;
  /** Who is told of alerts; nobody by default. */
  readonly webhooks?: readonly AlertWebhook[];
  /** 32 bytes nobody can guess. */
  readonly newSecret: () => Buffer;
}): AgentKeys {
  const { store, now, newSecret, webhooks = [] } = parts;
  const keeper = keepInStore(store);
  const seen = new Map<string, number>();

  const seenAtOf = seenAtIn(store);

  async function put(key: string, value: JsonObject): Promise<void> {
    await store.putDocuments([{ kind: "setting", key, at: now(), value }]);
  }

  async function read(name: string) {
    const found = await store.document("setting", `${PREFIX}${name}`);
    const { hash, addedAt } = found?.value ?? {};
    if (typeof hash !== "string" || typeof addedAt !== "number") return undefined;
    return { hash, addedAt };
  }

  return {
    async list() {
      const { items } = await store.documents("setting", { prefix: PREFIX, limit: MOST });
      const names = items.map(({ key }) => key.slice(PREFIX.length));
      const all = await Promise.all(
        names.map(async (name) => ({
          name,
          known: await read(name),
          seenAt: await seenAtOf(name),
        })),
      );
      return all.flatMap(({ name, known, seenAt }) => {
        if (known === undefined) return [];
        const { addedAt } = known;
        return [{ name, addedAt, ...(seenAt !== undefined && { seenAt }) }];
      });
    },
    async add(name) {
      if (!AGENT_NAME.test(name)) {
        throw new TrestleError(
          "invalid_input",
          `${JSON.stringify(name)} is no name of an agent: use up to 32 of a-z, 0-9 and -.`,
        );
      }
      const key = `${name}.${newSecret().toString("base64url")}`;
      await put(`${PREFIX}${name}`, { hash: hashOf(key), addedAt: now() });
      return key;
    },
    async remove(name) {
      if ((await read(name)) === undefined) {
        throw new TrestleError("not_found", `There is no agent ${name}.`);
      }
      await store.removeDocuments("setting", [`${PREFIX}${name}`, `${SEEN}${name}`]);
      // Nobody checks them any more.
      const kept = await keeper.load();
      for (const [target, each] of kept) {
        if (each.agent !== name) continue;
        const deliveries = deliveriesOf(endOfWatch(each, now()), webhooks);
        await keeper.remove(target, { deliveries });
      }
    },
    async agentOf(key) {
      const name = key.split(".", 1)[0] ?? "";
      if (!AGENT_NAME.test(name)) return undefined;
      const known = await read(name);
      if (known === undefined) return undefined;
      const isIts = timingSafeEqual(Buffer.from(hashOf(key)), Buffer.from(known.hash));
      return isIts ? name : undefined;
    },
    async noteSeen(name) {
      if (now() - (seen.get(name) ?? 0) < SEEN_AGAIN_MS) return;
      seen.set(name, now());
      await put(`${SEEN}${name}`, { seenAt: now() });
    },
  };
}

/** When an agent was last heard of, as any process noted. */
export function seenAtIn(
  store: Pick<TrackerStore, "document">,
): (name: string) => Promise<number | undefined> {
  return async (name) => {
    const seenAt = (await store.document("setting", `${SEEN}${name}`))?.value.seenAt;
    return typeof seenAt === "number" ? seenAt : undefined;
  };
}

/** The key has 256 bits that nobody chose: one round tells nothing of it. */
function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
