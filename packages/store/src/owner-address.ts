import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { TrestleError } from "@trestle/protocol";

/** A socket path may have 103 bytes on macOS and 107 on Linux. */
const MAX_SOCKET_PATH = 100;

/**
 * Where the owner with this fence listens. The fence is part of the name, so that a record left by a
 * dead owner never leads to its successor.
 */
export function ownerAddress(folder: string, fence: number): string {
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  /* v8 ignore if -- measured where there are sockets */
  if (process.platform === "win32") return `\\\\.\\pipe\\trestle-${hash}-${fence}`;
  const inside = join(folder, `owner-${fence}.sock`);
  if (fits(inside) && isPrivate(folder)) return inside;
  const outside = join(privateFolder(), `${hash}-${fence}.sock`);
  if (fits(outside)) return outside;
  throw new TrestleError(
    "invalid_config",
    `No room for the socket of ${folder}: its path and that of ${tmpdir()} are too long. ` +
      "Use a shorter data folder, or set TMPDIR to a short path.",
  );
}

/** Removes the sockets of owners before this one. Only whoever holds the folder's lock may. */
export function clearStaleSockets(address: string): void {
  /* v8 ignore if -- measured where there are sockets */
  if (process.platform === "win32") return;
  const folder = dirname(address);
  const stem = basename(address).replace(/\d+\.sock$/, "");
  for (const name of readdirSync(folder)) {
    if (name.startsWith(stem) && name.endsWith(".sock")) rmSync(join(folder, name));
  }
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH;
}

function isPrivate(folder: string): boolean {
  return (statSync(folder).mode & 0o077) === 0;
}

/** A folder below the temporary one that nobody else can enter, and that nobody else made. */
function privateFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `trestle-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new TrestleError(
      "denied",
      `${folder} is not a folder that only you can enter. Remove it, or set TMPDIR to a folder of your own.`,
    );
  }
  return folder;
}
