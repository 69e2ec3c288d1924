import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { isJsonObject, parseJson } from "@trestle/protocol";
import { ObjectStoreError, type PutOptions } from "../object-store.ts";
import type { Drafts } from "./drafts.ts";
import { errnoOf } from "./errors.ts";
import type { SyncFolder } from "./folder-sync.ts";
import type { Place } from "./place.ts";
import type { Version } from "./versions.ts";

/** What an object has besides its bytes. */
export type Facts = Pick<PutOptions, "contentType" | "metadata">;

/**
 * Facts lie in a file of their own, named by key and version and written before that version is seen: so
 * a reader never sees one without the other, and a file that was changed from outside has none. What the
 * extension of the key says already is not kept; the records of this server are files without facts.
 */
export interface FactsShelf {
  keep(key: string, version: Version, facts: Facts): Promise<void>;
  /** Undefined where this version has none. */
  find(key: string, version: Version): Promise<Facts | undefined>;
  drop(key: string, version: Version): Promise<void>;
}

const NO_LINK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

interface ShelfParts {
  readonly place: Place;
  readonly drafts: Drafts;
  readonly syncFolder: SyncFolder;
}

const TYPES: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".ndjson": "application/x-ndjson",
  ".gz": "application/gzip",
  ".bin": "application/octet-stream",
  ".csv": "text/csv",
  ".html": "text/html",
  ".md": "text/markdown",
  ".txt": "text/plain",
};

/** The content type that the key's extension says. */
export function impliedType(key: string): string | undefined {
  return TYPES[extname(key)];
}

/** What of the options has to be kept: undefined where the key says it all. */
export function factsToKeep(key: string, { contentType, metadata }: PutOptions): Facts | undefined {
  const isTypeImplied = contentType === undefined || contentType === impliedType(key);
  const isEmpty = metadata === undefined || Object.keys(metadata).length === 0;
  if (isTypeImplied && isEmpty) return undefined;
  return { contentType: contentType ?? impliedType(key), metadata: isEmpty ? undefined : metadata };
}

export function createFactsShelf({ place, drafts, syncFolder }: ShelfParts): FactsShelf {
  const folder = place.innerPath("facts");

  const nameOf = (key: string, { stamp }: Version) => {
    const digest = createHash("sha256").update(key).digest("hex").slice(0, 40);
    return `${digest}-${stamp}.json`;
  };
  const pathOf = (key: string, version: Version) => join(folder, nameOf(key, version));

  return {
    async keep(key, version, facts) {
      const text = JSON.stringify({ key, ...facts });
      const draft = await drafts.write(
        (file) => file.writeFile(text),
        () => version.modified / 1_000,
      );
      try {
        await rename(draft.path, join(place.makeInner("facts"), nameOf(key, version)));
      } catch (error) {
        await rm(draft.path, { force: true });
        throw error;
      }
      await syncFolder(folder);
    },

    async find(key, version) {
      if (!version.mayHaveFacts) return undefined;
      const path = pathOf(key, version);
      try {
        return parseFacts(await readFile(path, { encoding: "utf8", flag: NO_LINK }), path);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },

    async drop(key, version) {
      if (version.mayHaveFacts) await rm(pathOf(key, version), { force: true });
    },
  };
}

function parseFacts(text: string, path: string): Facts {
  const value = parseOrNothing(text);
  if (isJsonObject(value) && (value.metadata === undefined || isJsonObject(value.metadata))) {
    const { contentType, metadata = {} } = value;
    const entries = Object.entries(metadata).map(([name, text]) => [name, String(text)] as const);
    return {
      ...(typeof contentType === "string" ? { contentType } : {}),
      ...(entries.length > 0 ? { metadata: Object.fromEntries(entries) } : {}),
    };
  }
  throw new ObjectStoreError(
    "unavailable",
    `${path} is damaged: it held the content type and metadata of an object. Remove it to read the object without them.`,
  );
}

function parseOrNothing(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
