import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { createPrivateFile, readPrivateFile } from "../private-file.ts";
import { createSecret, isSameSecret } from "./api-key.ts";

/** The secret that administration asks for; whoever can read the home's files has it. */
export interface AdminCredential {
  readonly text: string;
  /** Compares in constant time. */
  isSame(given: string): boolean;
}

/** The admin credential of a home, made (mode 0600) where there is none. */
export function ensureAdminCredential(home: string): AdminCredential {
  const found = readAdminCredential(home);
  if (found) return found;
  createPrivateFile(credentialFile(home), `trestle_admin_${createSecret()}\n`);
  const made = readAdminCredential(home); // another process may have been first
  if (made) return made;
  throw notReadable(home);
}

/** For those who only use it, as the CLI does; undefined where no bridge made one yet. */
export function readAdminCredential(home: string): AdminCredential | undefined {
  const text = readPrivateFile(credentialFile(home))?.trim();
  if (text === undefined) return undefined;
  if (!/^trestle_admin_[A-Za-z0-9_-]{43}$/.test(text)) throw notReadable(home);
  return { text, isSame: (given) => isSameSecret(given, text) };
}

function credentialFile(home: string): string {
  return join(home, "admin.key");
}

function notReadable(home: string): TrestleError {
  return new TrestleError(
    "unavailable",
    `${credentialFile(home)} holds no admin credential. Delete the file; the next start makes a new one.`,
  );
}
