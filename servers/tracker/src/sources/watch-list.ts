import { TrestleError } from "@trestle/protocol";
import type { WatchedSource } from "../model/document.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import type { AllowedFolder } from "../tail/open-within.ts";
import type { Source } from "./source.ts";

/** What is read: what is read by default, and what `watch` was told, which is kept in the store. */
export interface WatchList {
  list(): Promise<readonly Source[]>;
  /** Also brings back what is read by default. Throws `invalid_input` for a name that cannot be one. */
  add(source: Omit<WatchedSource, "addedAt" | "options">): Promise<void>;
  /** What was read of it stays. Throws `not_found`. */
  remove(name: string): Promise<void>;
}

const NAME = /^[\w.-]{1,64}$/;

export function createWatchList(
  store: Pick<TrackerStore, "sources" | "putSource" | "removeSource">,
  {
    defaults,
    within,
    now,
  }: {
    readonly defaults: readonly Source[];
    /** Where the files of all others have to be. */
    readonly within?: readonly AllowedFolder[];
    now(): number;
  },
): WatchList {
  async function list(): Promise<readonly Source[]> {
    const byName = new Map(defaults.map((source) => [source.name, source]));
    for (const { name, kind, path, options } of await store.sources()) {
      if (options?.isOff === true) byName.delete(name);
      else byName.set(name, { name, kind, path, isAskedFor: true, ...(within && { within }) });
    }
    return [...byName.values()];
  }

  return {
    list,
    async add({ name, kind, path }) {
      if (!NAME.test(name)) {
        throw new TrestleError(
          "invalid_input",
          `${JSON.stringify(name)} is no name of a source: use up to 64 letters, digits, ".", "_" and "-".`,
        );
      }
      await store.putSource({ name, kind, path, addedAt: now() });
    },
    async remove(name) {
      const source = (await list()).find((each) => each.name === name);
      if (source === undefined) {
        const names = (await list()).map((each) => each.name).join(", ");
        throw new TrestleError("not_found", `Nothing is read as ${name}; there is: ${names}.`);
      }
      const isDefault = defaults.some((each) => each.name === name);
      if (!isDefault) {
        await store.removeSource(name);
        return;
      }
      const { kind, path } = source;
      if (kind === "hook") {
        throw new TrestleError(
          "invalid_input",
          "What hooks tell is always read: take the hooks out of the settings of the assistant instead.",
        );
      }
      await store.putSource({ name, kind, path, addedAt: now(), options: { isOff: true } });
    },
  };
}
