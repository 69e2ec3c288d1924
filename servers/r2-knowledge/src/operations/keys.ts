import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Keyring } from "@trestle/access";
import { type Clock, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Config } from "../config.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { countByKey, type RewrapResult, rewrapAll } from "../object-store/sealed/rewrap.ts";
import { openStore, placeOf } from "../open-store.ts";
import type { Gate } from "../policies/gate.ts";
import { openPlainBackups } from "./operations.ts";
import { keyringOf } from "./sealing.ts";

/** The keys that seal, for whoever holds them. All throw `unsupported` where nothing is sealed. */
export interface Keys {
  /** With `scan`, reads the beginning of every object: a request each. */
  status(options?: CallOptions & { readonly scan?: boolean }): Promise<KeyStatus>;
  /** Makes a new key that seals from now on, and wraps everything by it. */
  rotate(options?: RewrapAsked): Promise<Rewrapped>;
  /** Wraps everything by the key that seals now. Goes on where the last run was ended. */
  rewrap(options?: RewrapAsked): Promise<Rewrapped>;
}

export interface RewrapAsked extends CallOptions {
  readonly onProgress?:
    | ((told: { readonly where: string; readonly done: number }) => void)
    | undefined;
}

export interface KeyStatus {
  /** The id of the key that seals. */
  readonly active: string;
  /** Whether the keys come from MCP_ENCRYPTION_KEY. */
  readonly isGiven: boolean;
  /** Where a run that was ended will go on. */
  readonly unfinished: Progress | undefined;
  /** How many objects each key wraps, and whether it is among the keys here. */
  readonly keys: readonly {
    readonly id: string;
    readonly objects: number;
    readonly isHere: boolean;
  }[];
}

export interface Rewrapped extends RewrapResult {
  readonly active: string;
  /** What can not be opened: it needs a key that is not here, or was changed. */
  readonly failed: readonly { readonly key: string; readonly message: string }[];
}

export interface KeysParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
}

const PLACES = ["knowledge", "backups"] as const;

const progress = z.object({
  active: z.string(),
  place: z.enum(PLACES),
  where: z.string(),
  after: z.string(),
});
type Progress = z.output<typeof progress>;

export function createKeys(parts: KeysParts, gate: Gate): Keys {
  const { config, dataDir } = parts;
  const file = join(dataDir, "keys", "rewrap.json");

  function keyring(): Keyring {
    if (config.seal) return keyringOf(config, dataDir);
    throw new TrestleError(
      "unsupported",
      "Nothing is sealed here: KNOWLEDGE_SEAL is not set. It is for a new bucket or folder.",
    );
  }

  async function rewrap(keys: Keyring, { onProgress, signal }: RewrapAsked): Promise<Rewrapped> {
    const active = keys.active().id;
    const kept = await readProgress(file);
    const last = kept?.active === active ? kept : undefined;
    const sum = { rewrapped: 0, current: 0, overtaken: 0 };
    const failed: { key: string; message: string }[] = [];
    await eachPlace(parts, async (store, place) => {
      // The last run came to the backups: with the knowledge it was done.
      if (place === "knowledge" && last?.place === "backups") return;
      const where = store.description;
      const isSame = last?.place === place && last.where === where;
      const result = await rewrapAll(store, keys, {
        ...{ signal, after: isSame ? last.after : undefined },
        async onProgress({ rewrapped, current, overtaken }, after) {
          // The next run is to tell of what failed, too.
          if (failed.length === 0) await keepProgress(file, { active, place, where, after });
          onProgress?.({ where, done: rewrapped + current + overtaken });
        },
        onFailed: (key, error) => failed.push({ key, message: messageOf(error) }),
      });
      for (const name of ["rewrapped", "current", "overtaken"] as const) sum[name] += result[name];
    });
    await rm(file, { force: true });
    return { active, ...sum, failed };
  }

  return {
    status: ({ scan = false, signal } = {}) =>
      gate.pass({ action: "knowledge:keys" }, async () => {
        const keys = keyring();
        const counts = new Map<string, number>();
        if (scan) {
          await eachPlace(parts, async (store) => {
            for (const [id, count] of await countByKey(store, { signal }))
              counts.set(id, (counts.get(id) ?? 0) + count);
          });
        }
        const active = keys.active().id;
        return {
          active,
          isGiven: config.encryptionKey !== undefined,
          unfinished: await readProgress(file),
          keys: [...counts].map(([id, objects]) => {
            return { id, objects, isHere: keys.find(id) !== undefined };
          }),
        };
      }),
    rotate: (options = {}) =>
      gate.pass({ action: "knowledge:keys", told: toldKeys }, async () => {
        const keys = keyring();
        keys.rotate();
        return rewrap(keys, options);
      }),
    rewrap: (options = {}) =>
      gate.pass({ action: "knowledge:keys", told: toldKeys }, () => rewrap(keyring(), options)),
  };
}

const toldKeys = ({ active, rewrapped, failed }: Rewrapped) => {
  return { facts: { active, rewrapped, failed: failed.length } };
};

/** Both are sealed by the same keys: the knowledge first, then its backups. */
async function eachPlace(
  { config, dataDir, clock }: KeysParts,
  work: (store: ObjectStore, place: (typeof PLACES)[number]) => Promise<void>,
): Promise<void> {
  const opens = {
    knowledge: () => openStore(placeOf(config, dataDir), clock),
    backups: () => openPlainBackups(config, dataDir, clock),
  };
  for (const place of PLACES) {
    const store = await opens[place]();
    try {
      await work(store, place);
    } finally {
      await store.close();
    }
  }
}

async function keepProgress(file: string, now: Progress): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.tmp`, JSON.stringify(now), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** One that is not there or not whole begins from the start: what is done already costs only a look. */
async function readProgress(file: string): Promise<Progress | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  try {
    return progress.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
