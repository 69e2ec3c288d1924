import { Buffer } from "node:buffer";
import type { Keyring } from "@trestle/access";
import {
  type CallOptions,
  type GetOptions,
  type ObjectFacts,
  type ObjectStore,
  ObjectStoreError,
} from "../object-store.ts";
import {
  CHUNK_BYTES,
  countChunks,
  inPieces,
  openChunk,
  plainBytes,
  SEALED_CHUNK_BYTES,
  sealChunk,
  sealChunks,
} from "./chunks.ts";
import { createHeader, HEADER_BYTES, openHeader } from "./header.ts";

/** How often a range is asked for again because the object was replaced between its two requests. */
const TRIES = 5;

/**
 * Seals what goes into another store and opens what comes out (AES-256-GCM, a key per object, wrapped
 * by the keyring's). Keys, sizes, types and metadata stay readable there; bodies do not, and a change
 * of one is noticed: reading it throws `damaged`. Closing it leaves the other store open.
 */
export function openSealedStore(store: ObjectStore, keyring: Keyring): ObjectStore {
  return {
    description: `${store.description}, sealed`,
    billed: store.billed,
    list: async (prefix, options) => {
      const { objects, next } = await store.list(prefix, options);
      return { objects: objects.map(asPlain), next };
    },
    head: async (key, options) => {
      const facts = await store.head(key, options);
      return facts && asPlain(facts);
    },
    delete: (keys, options) => store.delete(keys, options),
    put: (key, body, options) => {
      const { bytes, dataKey } = createHeader(keyring, key);
      return store.put(key, Buffer.concat([bytes, ...sealChunks(dataKey, body)]), options);
    },
    putStream: async (key, body, options) => {
      const counted = { bytes: 0 };
      const sealed = sealStream(createHeader(keyring, key), body, counted);
      const { etag } = await store.putStream(key, sealed, options);
      return { etag, bytes: counted.bytes };
    },
    get: async (key, options) => {
      const found = await openStream(store, keyring, key, options);
      if (!found) return undefined;
      const pieces: Uint8Array[] = [];
      for await (const piece of found.body) pieces.push(piece);
      return { ...found, body: Buffer.concat(pieces) };
    },
    getStream: (key, options) => openStream(store, keyring, key, options),
    close: async () => {},
  };
}

function asPlain<Facts extends ObjectFacts>(facts: Facts): Facts {
  return { ...facts, size: plainBytes(facts.size - HEADER_BYTES) };
}

async function* sealStream(
  header: { readonly bytes: Buffer; readonly dataKey: Buffer },
  body: AsyncIterable<Uint8Array>,
  counted: { bytes: number },
): AsyncGenerator<Uint8Array> {
  yield header.bytes;
  let index = 0;
  for await (const { piece, isLast } of inPieces(body, CHUNK_BYTES)) {
    counted.bytes += piece.length;
    yield sealChunk(header.dataKey, index, isLast, piece);
    index += 1;
  }
}

type Opened = ObjectFacts & { body: AsyncIterable<Uint8Array> };

async function openStream(
  store: ObjectStore,
  keyring: Keyring,
  key: string,
  { range, signal }: GetOptions = {},
): Promise<Opened | undefined> {
  if (range) return openRange(store, keyring, key, range, { signal });
  const found = await store.getStream(key, { signal });
  if (!found) return undefined;
  const { size } = asPlain(found);
  return { ...found, size, body: openWhole(keyring, key, found.body) };
}

async function* openWhole(
  keyring: Keyring,
  key: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  try {
    const { head, rest } = await takeHead(source);
    const { dataKey } = openHeader(keyring, key, head);
    let index = 0;
    for await (const { piece, isLast } of inPieces(after(rest, source), SEALED_CHUNK_BYTES)) {
      yield openChunk(dataKey, index, isLast, piece, key);
      index += 1;
    }
  } finally {
    await source.return?.();
  }
}

async function takeHead(source: AsyncIterator<Uint8Array>) {
  let read = Buffer.alloc(0);
  while (read.length < HEADER_BYTES) {
    const { done, value } = await source.next();
    if (done) break;
    read = Buffer.concat([read, value]);
  }
  return { head: read.subarray(0, HEADER_BYTES), rest: read.subarray(HEADER_BYTES) };
}

async function* after(
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (;;) {
    const { done, value } = await source.next();
    if (done) return;
    yield value;
  }
}

/** The header first, then the chunks that hold the range, of the same version. */
async function openRange(
  store: ObjectStore,
  keyring: Keyring,
  key: string,
  { from, to }: { readonly from: number; readonly to?: number | undefined },
  call: CallOptions,
): Promise<Opened | undefined> {
  for (let tries = 1; ; tries += 1) {
    const start = await store.get(key, { range: { from: 0, to: HEADER_BYTES - 1 }, ...call });
    if (!start) return undefined;
    const { dataKey } = openHeader(keyring, key, start.body);
    const facts = asPlain(start);
    const end = Math.min(to ?? facts.size - 1, facts.size - 1);
    if (from > end) return { ...facts, body: nothing() };

    const first = Math.floor(from / CHUNK_BYTES);
    const last = Math.floor(end / CHUNK_BYTES);
    const chunks = {
      from: HEADER_BYTES + first * SEALED_CHUNK_BYTES,
      to: HEADER_BYTES + (last + 1) * SEALED_CHUNK_BYTES - 1,
    };
    const found = await store.getStream(key, { range: chunks, ...call });
    if (!found) return undefined;
    if (found.etag !== start.etag) {
      await found.body[Symbol.asyncIterator]().return?.();
      if (tries < TRIES) continue;
      throw new ObjectStoreError(
        "unavailable",
        `${key} is being replaced all the time. Try again.`,
      );
    }
    const count = countChunks(facts.size);
    const body = openChunks({ dataKey, key, first, count }, found.body);
    return { ...facts, body: cut(body, from - first * CHUNK_BYTES, end - from + 1) };
  }
}

async function* openChunks(
  {
    dataKey,
    key,
    first,
    count,
  }: {
    readonly dataKey: Buffer;
    readonly key: string;
    readonly first: number;
    readonly count: number;
  },
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let index = first;
  for await (const { piece } of inPieces(body, SEALED_CHUNK_BYTES)) {
    yield openChunk(dataKey, index, index === count - 1, piece, key);
    index += 1;
  }
}

async function* cut(
  body: AsyncIterable<Uint8Array>,
  skip: number,
  take: number,
): AsyncGenerator<Uint8Array> {
  let at = -skip;
  for await (const piece of body) {
    const part = piece.subarray(Math.max(0, -at), Math.max(0, take - at));
    if (part.length > 0) yield part;
    at += piece.length;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
