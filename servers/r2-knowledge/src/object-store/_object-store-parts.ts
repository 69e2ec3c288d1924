import { Buffer } from "node:buffer";
import type { KnownDifferences } from "./_describe-object-store.ts";
import type { ObjectFacts, ObjectStore, ObjectStoreErrorCode } from "./object-store.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const text = (body: Uint8Array | undefined): string | undefined =>
  body && new TextDecoder("utf-8", { fatal: true }).decode(body);

export const codeOf = (error: unknown): ObjectStoreErrorCode | undefined =>
  (error as { code?: ObjectStoreErrorCode }).code;

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Every page of a list, each asked for with the one before. */
export async function listAll(
  store: ObjectStore,
  prefix: string,
  limit?: number,
): Promise<ObjectFacts[]> {
  const objects: ObjectFacts[] = [];
  let after: string | undefined;
  do {
    const page = await store.list(prefix, { after, limit });
    objects.push(...page.objects);
    after = page.next;
  } while (after !== undefined);
  return objects;
}

/** Does `work` for each item, a few at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
  atOnce = 24,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** In the order that the port promises. */
export const byUtf8 = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));

/** Until the store takes the next write of a key. */
export async function nextTurn({ writesPerSecondAndKey: rate }: KnownDifferences): Promise<void> {
  if (rate !== undefined) await new Promise((resolve) => setTimeout(resolve, 1_050 / rate));
}
