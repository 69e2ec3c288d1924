import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DISK_PARTS, type DiskPart } from "./parts.ts";

export interface PartSize {
  readonly part: DiskPart;
  readonly bytes: number;
}

/** How large each part of a home is. One file at a time: whoever calls must not notice. */
export async function measureHome(home: string): Promise<PartSize[]> {
  const sizes = new Map<DiskPart, number>(DISK_PARTS.map((part) => [part, 0]));
  for await (const { path, bytes } of filesBelow(home, "")) {
    const part = partOf(path);
    if (part) sizes.set(part, (sizes.get(part) ?? 0) + bytes);
  }
  return [...sizes].map(([part, bytes]) => ({ part, bytes }));
}

/** Whose a file is, by its path from the home; of a home that others use as well, theirs is nobody's. */
export function partOf(path: string): DiskPart | undefined {
  return DISK_PARTS.find(({ files }) => files.test(path));
}

async function* filesBelow(
  home: string,
  folder: string,
): AsyncGenerator<{ readonly path: string; readonly bytes: number }> {
  for (const entry of await entriesOf(join(home, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(home, path);
    else if (entry.isFile()) yield { path, bytes: await sizeOf(join(home, path)) };
  }
}

/** What is gone by the time that it is looked at has no size. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function sizeOf(file: string): Promise<number> {
  return lstat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
