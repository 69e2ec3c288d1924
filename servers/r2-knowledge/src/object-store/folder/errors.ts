import { messageOf } from "@trestle/protocol";
import { ObjectStoreError, type ObjectStoreErrorCode } from "../object-store.ts";

/** What errors of the operating system and of SQLite (`SQLITE_…`, by number) come to, with what to do. */
const known: Readonly<Record<string, readonly [ObjectStoreErrorCode, string]>> = {
  ENOSPC: ["full", "The disk is full: free some space, then try again."],
  EDQUOT: ["full", "The disk quota is used up: free some space, then try again."],
  13: ["full", "The disk is full: free some space, then try again."],
  EFBIG: ["too_large", "The file system does not take files as large as that."],
  EACCES: ["denied", "Give this user the right to read and write there."],
  EPERM: ["denied", "Give this user the right to read and write there."],
  EROFS: ["denied", "It is mounted read-only: mount it for writing, or choose another folder."],
  8: ["denied", "Give this user the right to write there."],
  14: ["denied", "Give this user the right to read and write there."],
  ENOTDIR: ["denied", "A file stands where the store keeps a folder: move it away."],
  EISDIR: ["denied", "A folder stands where the store keeps a file: move it away."],
  ENOTEMPTY: ["denied", "A folder stands where the store keeps a file: move it away."],
  ELOOP: ["denied", "The store follows no symbolic links: replace it by what it points to."],
  EXDEV: ["denied", "Another disk is mounted within the folder: the store needs it to be one."],
  ENAMETOOLONG: ["bad_key", "With this key the path is longer than the file system takes."],
};

const TRY_AGAIN = ["unavailable", "Check the disk, then try again."] as const;

/** The error of an adapter for whatever went wrong; passes on what is one already. */
export function toObjectStoreError(error: unknown, what: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const { cause } = error instanceof Error ? error : {};
  const [code, advice] = known[errnoOf(error) ?? ""] ?? known[errnoOf(cause) ?? ""] ?? TRY_AGAIN;
  return new ObjectStoreError(code, `${what}: ${messageOf(error)}. ${advice}`, { cause: error });
}

/** `ENOENT` and the like; for SQLite the primary result code in digits. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return `${error.errcode & 0xff}`;
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function linkFound(path: string): ObjectStoreError {
  return new ObjectStoreError(
    "denied",
    `${path} is, or lies behind, a symbolic link. The store follows none: replace it by what it points to.`,
  );
}
