import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  messageOf,
  parseJson,
} from "@trestle/protocol";
import { hashOf, rememberHash } from "./hashes.ts";
import type { Snapshot } from "./snapshot.ts";

/** Lists of an earlier run. */
export interface SavedLists {
  readonly snapshot: Snapshot;
  /** Of the snapshot. */
  readonly digest: string;
  /** Epoch milliseconds at which they were the server's own. */
  readonly checkedAt: number;
}

export interface ListsToSave {
  /** Of how the server is connected: lists are given back only to whoever is connected in just that way. */
  readonly fingerprint: string;
  readonly snapshot: Snapshot;
  readonly digest: string;
}

/** The last good lists of every server, kept between two runs of the bridge. Losing them costs only a reading. */
export interface SavedCatalog {
  load(server: string, fingerprint: string): SavedLists | undefined;
  /** In the background; what cannot be saved is read again at the next start. */
  save(server: string, lists: ListsToSave): void;
  /** Notes that the saved lists are still the server's own. */
  confirm(server: string, atMs: number): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

export interface SavedCatalogParts {
  /** One file per server. */
  readonly folder: string;
  readonly log: Logger;
  /** Is there something in the text that must never be written down? */
  readonly holdsSecret: (text: string) => boolean;
  /** For all files together. */
  readonly maxBytes?: number;
}

const FORMAT = 1;
const MAX_BYTES = 64 * 1024 * 1024;

export function openSavedCatalog(parts: SavedCatalogParts): SavedCatalog {
  const { folder, log, maxBytes = MAX_BYTES } = parts;
  const pathOf = (server: string): string => join(folder, `${server}.lists`);
  /** One file is written by one at a time, the newest lists last. */
  const waiting = new Map<string, () => Promise<void>>();
  const writing = new Map<string, Promise<void>>();

  function load(server: string, fingerprint: string): SavedLists | undefined {
    const path = pathOf(server);
    try {
      const text = readFileSync(path, "utf8");
      const lists = decode(text, fingerprint);
      return lists && { ...lists, checkedAt: statSync(path).mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      log.warn("saved lists are not used; the server is read anew", {
        ...{ upstream: server, path, reason: messageOf(error) },
      });
      return undefined;
    }
  }

  /** Runs the work when what is under way for this server is done; only the newest of what waits. */
  function enqueue(server: string, work: () => Promise<void>): void {
    waiting.set(server, work);
    if (writing.has(server)) return;
    writing.set(server, drain(server));
  }

  async function drain(server: string): Promise<void> {
    for (let work = waiting.get(server); work; work = waiting.get(server)) {
      waiting.delete(server);
      await work().catch((error) =>
        log.warn("lists could not be saved", { upstream: server, reason: messageOf(error) }),
      );
    }
    writing.delete(server);
  }

  async function write(server: string, lists: ListsToSave): Promise<void> {
    const path = pathOf(server);
    const text = encode(lists);
    const bytes = Buffer.byteLength(text);
    const refusal = parts.holdsSecret(text)
      ? "they hold a secret"
      : bytes > maxBytes
        ? `they are larger than ${maxBytes} bytes`
        : undefined;
    if (refusal !== undefined) {
      // What was saved before is not what the server offers now.
      await rm(path, { force: true });
      log.warn("lists are not saved", { upstream: server, reason: refusal });
      return;
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    makeRoom(folder, path, maxBytes - bytes);
    await writeFile(`${path}${DRAFT}`, text, { mode: 0o600 });
    await rename(`${path}${DRAFT}`, path);
  }

  return {
    load,
    save: (server, lists) => enqueue(server, () => write(server, lists)),
    confirm(server, atMs) {
      // What is about to be written is newer anyway.
      if (writing.has(server)) return;
      const at = new Date(atMs);
      // What was not saved need not be confirmed.
      enqueue(server, () => utimes(pathOf(server), at, at).catch(unlessMissing));
    },
    close: async () => void (await Promise.all(writing.values())),
  };
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** What is being written; a killed process leaves it behind, and the next one writes over it. */
const DRAFT = "~";

/** Deletes the lists that were confirmed the longest ago, until the others fit. */
function makeRoom(folder: string, except: string, room: number): void {
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== except)
    .map((path) => ({ path, ...pick(statSync(path, { throwIfNoEntry: false })) }))
    .toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  let used = 0;
  for (const { path, size } of files) {
    used += size;
    if (used > room) rmSync(path, { force: true });
  }
}

function pick(stat: { size: number; mtimeMs: number } | undefined) {
  return { size: stat?.size ?? 0, mtimeMs: stat?.mtimeMs ?? 0 };
}

/** One line that says what follows, and one that holds it. */
function encode({ fingerprint, snapshot, digest }: ListsToSave): string {
  const body = JSON.stringify({ snapshot, hashes: snapshot.tools.map(hashOf) });
  const head = { format: FORMAT, fingerprint, digest, sha256: checksumOf(body) };
  return `${JSON.stringify(head)}\n${body}\n`;
}

/** Throws where the file is not as it was written; nothing where it is of another connection. */
function decode(text: string, fingerprint: string): Omit<SavedLists, "checkedAt"> | undefined {
  const end = text.indexOf("\n");
  const head = headOf(text.slice(0, Math.max(end, 0)));
  if (Number(head?.format) > FORMAT) throw new Error("a newer version of Trestle wrote it");
  const body = text.slice(end + 1, -1);
  if (head?.format !== FORMAT || head.sha256 !== checksumOf(body)) throw new Error("it is damaged");
  if (head.fingerprint !== fingerprint) return undefined;
  const { snapshot, hashes } = parseJson(body) as unknown as SavedBody;
  snapshot.tools.forEach((tool, index) => {
    rememberHash(tool, String(hashes[index]));
  });
  return { snapshot, digest: String(head.digest) };
}

function headOf(line: string): JsonObject | undefined {
  try {
    const head = parseJson(line);
    return isJsonObject(head) ? head : undefined;
  } catch {
    return undefined;
  }
}

interface SavedBody {
  readonly snapshot: Snapshot;
  readonly hashes: readonly JsonValue[];
}

function checksumOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
