import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { messageOf, TrestleError } from "@trestle/protocol";
import type { TrackerStore } from "../store/tracker-store.ts";

export interface Exported {
  readonly lines: number;
  readonly bytes: number;
}

export interface TransferOptions {
  /** Told now and then how many lines were moved. */
  onProgress?(lines: number): void;
}

/** So much is written at once. */
const CHUNK = 1 << 20;

/**
 * Writes all that a store keeps into a file of JSON lines, in the memory of a page. The file appears under its name
 * once it is whole and on disk, and only its owner may read it. Throws `invalid_input` where it cannot be written.
 */
export async function exportToFile(
  store: Pick<TrackerStore, "exportLines">,
  path: string,
  { onProgress = () => {} }: TransferOptions = {},
): Promise<Exported> {
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600).catch((error) => {
    throw notWritten(path, error);
  });
  try {
    const exported = await writeAll(store, file, { path, onProgress });
    await rename(partial, path);
    return exported;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

interface Writing extends Required<TransferOptions> {
  readonly path: string;
}

async function writeAll(
  store: Pick<TrackerStore, "exportLines">,
  file: FileHandle,
  { path, onProgress }: Writing,
): Promise<Exported> {
  let [lines, bytes] = [0, 0];
  let waiting: string[] = [];
  let length = 0;
  async function flush(): Promise<void> {
    const chunk = Buffer.from(waiting.join(""));
    [waiting, length] = [[], 0];
    bytes += chunk.length;
    await file.appendFile(chunk).catch((error) => {
      throw notWritten(path, error);
    });
    onProgress(lines);
  }
  try {
    for await (const line of store.exportLines()) {
      waiting.push(line);
      length += line.length;
      lines += 1;
      if (length > CHUNK) await flush();
    }
    await flush();
    await file.sync();
  } finally {
    await file.close();
  }
  return { lines, bytes };
}

function notWritten(path: string, error: unknown): TrestleError {
  return new TrestleError(
    "invalid_input",
    `${path} could not be written: ${messageOf(error)}. Nothing of it is left; free space or name another place.`,
    { cause: error },
  );
}
