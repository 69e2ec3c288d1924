import { randomBytes } from "node:crypto";
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { messageOf, TrestleError } from "@trestle/protocol";

const FILE = "token-secret";

/**
 * The secret by which the host of a folder believes tokens; made at first use, for its owner's eyes only. Of several
 * processes that come at once one makes it, and nobody reads half of it.
 */
export function readTokenSecret(folder: string): string {
  const file = join(folder, FILE);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unreadable(file, error);
  }
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const handle = openSync(draft, "wx", 0o600);
    writeSync(handle, randomBytes(48).toString("base64url"));
    closeSync(handle);
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `${file}: ${messageOf(error)}. Check the folder's permissions, or set OBJECTS_TOKEN_SECRET.`,
    { cause: error },
  );
}
