import { isJsonObject, type JsonObject, matchesGlob, TrestleError } from "@trestle/protocol";
import type { TrackerStore } from "../store/tracker-store.ts";

/** That nobody is to be told of some targets for a while, as a person said. Times are epoch milliseconds. */
export interface Silence {
  readonly id: string;
  /** Patterns of names of targets, in which `*` stands for any run of characters. */
  readonly targets: readonly string[];
  readonly from: number;
  readonly until: number;
  readonly reason?: string;
  readonly by?: string;
}

export interface Silences {
  /** Those that are not over. */
  list(): Promise<readonly Silence[]>;
  /** Throws `invalid_input` for one that is over or names nothing. */
  add(silence: Omit<Silence, "id" | "from"> & { readonly from?: number }): Promise<Silence>;
  /** Throws `not_found`. */
  remove(id: string): Promise<void>;
}

const PREFIX = "silence/";
const MOST = 500;

export function createSilences(parts: {
  readonly store: Pick<TrackerStore, "documents" | "putDocuments" | "removeDocuments">;
  readonly now: () => number;
  readonly newId: () => string;
}): Silences {
  const { store, now, newId } = parts;

  async function list(): Promise<Silence[]> {
    const { items } = await store.documents("setting", { prefix: PREFIX, limit: MOST });
    const all = items.flatMap(({ key, value }) => fromDocument(key.slice(PREFIX.length), value));
    const over = all.filter(({ until }) => until <= now());
    if (over.length > 0) {
      await store.removeDocuments(
        "setting",
        over.map(({ id }) => `${PREFIX}${id}`),
      );
    }
    return all.filter(({ until }) => until > now());
  }

  return {
    list,
    async add({ targets, from = now(), until, reason, by }) {
      if (targets.length === 0 || until <= Math.max(from, now())) {
        throw new TrestleError(
          "invalid_input",
          "A silence needs targets, and an end that is yet to come.",
        );
      }
      const id = newId();
      const value = {
        ...{ targets: [...targets], from, until },
        ...(reason !== undefined && { reason }),
        ...(by !== undefined && { by }),
      };
      await store.putDocuments([{ kind: "setting", key: `${PREFIX}${id}`, at: now(), value }]);
      return { id, ...value };
    },
    async remove(id) {
      const known = (await list()).map((silence) => silence.id);
      if (!known.includes(id)) {
        throw new TrestleError(
          "not_found",
          `There is no silence ${id}; there is: ${known.join(", ") || "none"}.`,
        );
      }
      await store.removeDocuments("setting", [`${PREFIX}${id}`]);
    },
  };
}

export function isSilenced({ targets, from, until }: Silence, name: string, now: number): boolean {
  return from <= now && now < until && targets.some((pattern) => matchesGlob(pattern, name));
}

function fromDocument(id: string, value: JsonObject): Silence[] {
  const { targets, from, until, reason, by } = value;
  const isSilence =
    isJsonObject(value) &&
    Array.isArray(targets) &&
    typeof from === "number" &&
    typeof until === "number";
  if (!isSilence) return [];
  return [
    {
      ...{ id, targets: targets.map(String), from, until },
      ...(typeof reason === "string" && { reason }),
      ...(typeof by === "string" && { by }),
    },
  ];
}
