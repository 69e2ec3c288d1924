import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Subject } from "./_describe-object-store.ts";
import { bytes, codeOf, nextTurn, readAll, text } from "./_object-store-parts.ts";

const MB = 1_048_576;

/** So many bytes, in pieces of uneven sizes, never twice the same within a piece. */
async function* source(total: number, seed = 1): AsyncGenerator<Uint8Array> {
  let state = seed;
  for (let sent = 0; sent < total; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const size = Math.min(total - sent, 1 + (state % 200_000));
    const piece = new Uint8Array(size);
    for (let at = 0; at < size; at += 1) piece[at] = (state >>> 8) + at * 31;
    sent += size;
    yield piece;
  }
}

async function digest(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of body) hash.update(piece);
  return hash.digest("hex");
}

/** Bodies that come and go in pieces. */
export function testStreams(subject: Subject): void {
  describe("streams", () => {
    test("20 MB go in and out in pieces, the same", { timeout: 120_000 }, async () => {
      const { store } = subject;
      const size = 20 * MB + 7;
      const written = await store.putStream("streams/big", source(size), {
        contentType: "application/gzip",
        metadata: { made: "in pieces" },
      });
      expect(written.bytes).toBe(size);
      const facts = { etag: written.etag, size, contentType: "application/gzip" };
      expect(await store.head("streams/big")).toMatchObject(facts);
      const got = await store.getStream("streams/big");
      expect(got).toMatchObject({ ...facts, metadata: { made: "in pieces" } });
      expect(await digest(got?.body ?? source(0))).toBe(await digest(source(size)));
    });

    test("a stream may be of no bytes, or of pieces of none", async () => {
      const { store } = subject;
      expect(await store.putStream("streams/empty", source(0))).toMatchObject({ bytes: 0 });
      expect((await store.get("streams/empty"))?.body).toHaveLength(0);
      const got = await store.getStream("streams/empty");
      expect(await readAll(got?.body ?? source(1))).toHaveLength(0);
      async function* holes() {
        yield* [bytes(""), bytes("a"), bytes(""), bytes("b"), bytes("")];
      }
      await store.putStream("streams/holes", holes());
      expect(text((await store.get("streams/holes"))?.body)).toBe("ab");
    });

    test("a range is streamed", async () => {
      const { store } = subject;
      await store.put("streams/range", bytes("0123456789"));
      for (const [range, part] of [
        [{ from: 3, to: 5 }, "345"],
        [{ from: 8, to: 99 }, "89"],
        [{ from: 10 }, ""],
      ] as const) {
        const got = await store.getStream("streams/range", { range });
        expect(got?.size).toBe(10);
        expect(text(await readAll(got?.body ?? source(1)))).toBe(part);
      }
    });

    test("a source that fails leaves nothing, or what was there", {
      timeout: 120_000,
    }, async () => {
      const { store } = subject;
      const failure = new Error("the source broke");
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield* source(11 * MB);
        throw failure;
      }
      await expect(store.putStream("streams/failed", failing())).rejects.toBe(failure);
      expect(await store.head("streams/failed")).toBeUndefined();
      expect((await store.list("streams/failed")).objects).toEqual([]);
      await store.put("streams/kept", bytes("old"));
      await expect(store.putStream("streams/kept", failing())).rejects.toBe(failure);
      expect(text((await store.get("streams/kept"))?.body)).toBe("old");
    });

    test("a stream is aborted in the middle: nothing of it is seen, its source is let go", async () => {
      const { store } = subject;
      const abort = new AbortController();
      const reason = new Error("enough");
      let isEnded = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (let sent = 0; ; sent += 1) {
            if (sent === 40) abort.abort(reason);
            yield new Uint8Array(MB / 4);
          }
        } finally {
          isEnded = true;
        }
      }
      const options = { signal: abort.signal };
      await expect(store.putStream("streams/aborted", endless(), options)).rejects.toBe(reason);
      expect(isEnded).toBe(true);
      expect(await store.head("streams/aborted")).toBeUndefined();
    });

    test("reading ends where it is aborted, and may be left early", {
      timeout: 120_000,
    }, async () => {
      const { store } = subject;
      await store.putStream("streams/left", source(6 * MB));
      for (let turn = 0; turn < 20; turn += 1) {
        const got = await store.getStream("streams/left");
        for await (const piece of got?.body ?? source(0)) {
          expect(piece.length).toBeGreaterThan(0);
          break;
        }
      }
      const abort = new AbortController();
      const reason = new Error("enough");
      const got = await store.getStream("streams/left", { signal: abort.signal });
      const reading = async () => {
        for await (const _ of got?.body ?? source(0)) abort.abort(reason);
      };
      await expect(reading()).rejects.toBe(reason);
    });

    testConditionalStreams(subject);
    testHalfObjects(subject);
  });
}

function testConditionalStreams(subject: Subject): void {
  test.each([
    ["small", 100],
    ["of many parts", 12 * MB],
  ])("a stream that is %s keeps its condition", { timeout: 120_000 }, async (name, size) => {
    const { store, differences } = subject;
    const key = `streams/when ${name}`;
    const first = await store.putStream(key, source(size), { when: "absent" });
    const second = store.putStream(key, source(size, 2), { when: "absent" });
    await expect(second).rejects.toMatchObject({ code: "precondition_failed" });
    await nextTurn(differences);
    const third = await store.putStream(key, source(size, 3), { when: first });
    const stale = store.putStream(key, source(size, 4), { when: first });
    await expect(stale).rejects.toMatchObject({ code: "precondition_failed" });
    const got = await store.getStream(key);
    expect(got?.etag).toBe(third.etag);
    expect(await digest(got?.body ?? source(0))).toBe(await digest(source(size, 3)));
  });
}

function testHalfObjects(subject: Subject): void {
  test("no reader sees half an object while it is replaced", { timeout: 120_000 }, async () => {
    const { store, differences } = subject;
    const reader = await subject.another();
    const sizes = [3 * MB, 2 * MB + 1, 4 * MB];
    const write = async (turn: number) => {
      const body = new Uint8Array(sizes[turn % sizes.length] ?? 0).fill(turn);
      if (turn % 2) return store.put("streams/half", body);
      return store.putStream("streams/half", pieces(body));
    };
    await write(0);
    let isWriting = true;
    const writing = (async () => {
      for (let turn = 1; turn <= (differences.writesPerSecondAndKey ? 3 : 12); turn += 1) {
        await write(turn).catch((error: unknown) => {
          if (codeOf(error) !== "throttled") throw error;
        });
        await nextTurn(differences);
      }
    })().finally(() => {
      isWriting = false;
    });
    do {
      const got = await reader.getStream("streams/half");
      const body = await readAll(got?.body ?? source(0));
      expect(body.length).toBe(got?.size);
      expect(sizes).toContain(body.length);
      expect(Buffer.alloc(body.length, body[0]).equals(body)).toBe(true);
      expect(sizes[(body[0] ?? 0) % sizes.length]).toBe(body.length);
      await new Promise(setImmediate);
    } while (isWriting);
    await writing;
  });
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
}
