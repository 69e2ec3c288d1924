import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject, type JsonValue } from "@trestle/protocol";

/** What a value was derived from: texts, some of which may be absent. */
export type Origins = readonly (string | undefined)[];

/** The value that was derived from the same, by this very code; nothing where the file is not as it was left. */
export function readMemory(file: string, origins: Origins): JsonValue | undefined {
  const text = readPrivately(file);
  if (text === undefined) return undefined;
  const content: unknown = JSON.parse(text);
  return isJsonObject(content) && content.key === keyOf(origins) ? content.value : undefined;
}

/** Keeps a value for its owner alone. Where that cannot be done, it is derived again the next time. */
export function writeMemory(file: string, origins: Origins, value: object): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, JSON.stringify({ key: keyOf(origins), value }), {
      ...{ mode: 0o600, flag: "wx" },
    });
    renameSync(draft, file);
  } catch {
    forget(draft);
  }
}

function forget(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // Nothing was written there.
  }
}

/** Only a file that nobody else could have written or read. */
function readPrivately(file: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    const { mode, uid } = fstatSync(handle);
    const isOurs = process.getuid === undefined || process.getuid() === uid;
    const isPrivate = process.platform === "win32" || (mode & 0o077) === 0;
    return isOurs && isPrivate ? readFileSync(handle, "utf8") : undefined;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function keyOf(origins: Origins): string {
  const from = JSON.stringify([codeStamp(), ...origins]);
  return createHash("sha256").update(from).digest("hex");
}

/** Changes with our code. What was built is named by its content; a source is not, and keeps its version. */
function codeStamp(): JsonValue {
  const { url } = import.meta;
  if (!url.endsWith(".ts")) return url;
  const folder = import.meta.dirname;
  const folders = [folder, dirname(folder)];
  const times = folders.flatMap((path) =>
    readdirSync(path).map((name) => statSync(join(path, name)).mtimeMs),
  );
  return [folder, Math.max(...times)];
}
