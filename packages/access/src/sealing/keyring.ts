import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { createPrivateFile, readPrivateFile } from "../private-file.ts";
import { decodeKey, KEY_BYTES, parseSealingKeys, type SealingKey, toSealingKey } from "./key.ts";

/** The keys of one home: the newest seals, all of them open. */
export interface Keyring {
  active(): SealingKey;
  find(id: string): SealingKey | undefined;
  /** Makes a new active key and returns its id; what older keys sealed still opens. */
  rotate(): string;
}

export interface KeyringOptions {
  /** Where the keys are; created with the first key, when that is first needed. */
  readonly folder: string;
  /** The value of `MCP_ENCRYPTION_KEY`. Its first key seals then; the folder's still open. */
  readonly encryptionKey?: string;
}

/**
 * The keys in a folder, one file each, numbered and only ever added. So several processes share the
 * folder without a lock: a number is taken by whoever creates its file, and all see a new key at once.
 */
export function openKeyring({ folder, encryptionKey }: KeyringOptions): Keyring {
  const given = encryptionKey === undefined ? [] : parseSealingKeys(encryptionKey);
  const kept: SealingKey[] = [];

  /** Reads the keys that came since the last look. */
  function refresh(): SealingKey[] {
    for (;;) {
      const key = readKey(keyFile(folder, kept.length + 1));
      if (!key) return kept;
      kept.push(key);
    }
  }

  function add(): SealingKey {
    for (;;) {
      const count = refresh().length;
      const file = keyFile(folder, count + 1);
      const key = toSealingKey(randomBytes(KEY_BYTES));
      if (createPrivateFile(file, `${key.secret.toString("base64")}\n`)) return key;
      const other = refresh()[count];
      if (!other) throw noKey(file);
      if (count === 0) return other; // another process made the first one
    }
  }

  return {
    active: () => given[0] ?? refresh().at(-1) ?? add(),
    find: (id) => [...given, ...kept].find(isNamed(id)) ?? refresh().find(isNamed(id)),
    rotate() {
      if (given.length === 0) return add().id;
      throw new TrestleError(
        "unsupported",
        "The key is given by MCP_ENCRYPTION_KEY. Put a new one in front of it, with a comma between them, and restart.",
      );
    },
  };
}

function isNamed(id: string): (key: SealingKey) => boolean {
  return (key) => key.id === id;
}

function keyFile(folder: string, number: number): string {
  return join(folder, `sealing-${number}.key`);
}

function readKey(file: string): SealingKey | undefined {
  const text = readPrivateFile(file);
  if (text === undefined) return undefined;
  const secret = decodeKey(text.trim());
  if (secret) return toSealingKey(secret);
  throw noKey(file);
}

/** Also where the file only leads to one that is not there, such as on a volume that is not mounted. */
function noKey(file: string): TrestleError {
  return new TrestleError(
    "unavailable",
    `${file} holds no key. Restore it from a backup; what it sealed cannot be opened without it.`,
  );
}
