import { deflateRawSync } from "node:zlib";
import type { CallOptions } from "../object-store/object-store.ts";
import { hashOf, PIECE_BYTES, type Piece } from "./layout.ts";
import type { Repository } from "./repository.ts";

export interface PackWriter {
  /** Where the bytes are, or will be once `flush` was called after; kept once, however often they come. */
  add(bytes: Uint8Array): Promise<Piece>;
  /** Resolves when every piece so far is kept. */
  flush(): Promise<void>;
  /** Bytes written, and pieces that were there already. */
  readonly written: number;
  readonly reused: number;
}

type Place = Pick<Piece, "pack" | "at" | "length">;
/** A piece in the pack that is being filled learns its pack when that is full. */
type Waiting = { -readonly [Name in keyof Piece]: Piece[Name] };

/** @param known pieces that are kept, by their SHA-256 */
export function createPackWriter(
  { store, keys }: Repository,
  known: Map<string, Place>,
  call: CallOptions,
): PackWriter {
  let bodies: Buffer[] = [];
  let waiting: Waiting[] = [];
  let filling = new Map<string, Waiting>();
  let size = 0;
  let writing: Promise<void> = Promise.resolve();
  const figures = { written: 0, reused: 0 };

  /** Writes the pack that is being filled; one write at a time, so that memory holds two packs at most. */
  async function flush(): Promise<void> {
    const pack = { bodies, waiting };
    bodies = [];
    waiting = [];
    filling = new Map();
    size = 0;
    if (pack.bodies.length > 0) {
      const body = Buffer.concat(pack.bodies);
      const name = hashOf(body);
      for (const piece of pack.waiting) {
        piece.pack = name;
        known.set(piece.sha256, { pack: name, at: piece.at, length: piece.length });
      }
      const before = writing;
      writing = before.then(() => write(name, body));
      // Whoever waits for the writing hears of it; nobody may be left who does not.
      writing.catch(() => {});
    }
    await writing;
  }

  async function write(name: string, body: Buffer): Promise<void> {
    try {
      await store.put(`${keys.packs}${name}`, body, { when: "absent", ...call });
      figures.written += body.length;
    } catch (error) {
      // The same bytes have the same name: it is there.
      if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
    }
  }

  return {
    async add(bytes) {
      const sha256 = hashOf(bytes);
      const shared = filling.get(sha256);
      const kept = known.get(sha256);
      if (shared || kept) figures.reused += 1;
      if (shared) return shared;
      if (kept) return { sha256, bytes: bytes.length, ...kept };
      const body = deflateRawSync(bytes);
      const piece: Waiting = {
        sha256,
        bytes: bytes.length,
        pack: "",
        at: size,
        length: body.length,
      };
      bodies.push(body);
      waiting.push(piece);
      filling.set(sha256, piece);
      size += body.length;
      if (size >= PIECE_BYTES) await flush();
      return piece;
    },
    flush,
    get written() {
      return figures.written;
    },
    get reused() {
      return figures.reused;
    },
  };
}
