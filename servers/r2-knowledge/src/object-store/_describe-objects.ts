import { describe, expect, test } from "vitest";
import type { Subject } from "./_describe-object-store.ts";
import { bytes, nextTurn, text } from "./_object-store-parts.ts";

/** Whole objects: written, read, replaced, deleted. */
export function testObjects(subject: Subject): void {
  describe("objects", () => {
    test("what was put is read by get, head and list, here and by another process", async () => {
      const { store } = subject;
      const before = Date.now();
      const { etag } = await store.put("objects/read", bytes("grüße"));
      for (const reader of [store, await subject.another()]) {
        const facts = { key: "objects/read", etag, size: 7 };
        const got = await reader.get("objects/read");
        expect(got).toMatchObject(facts);
        expect(text(got?.body)).toBe("grüße");
        expect(await reader.head("objects/read")).toMatchObject(facts);
        const { objects, next } = await reader.list("objects/read");
        expect(objects).toMatchObject([facts]);
        expect(next).toBeUndefined();
        // A bucket's clock may count whole seconds.
        expect(Math.abs((got?.modified ?? 0) - before)).toBeLessThan(60_000);
      }
    });

    test("what is not there is undefined, and nothing to delete", async () => {
      const { store } = subject;
      expect(await store.get("objects/none")).toBeUndefined();
      expect(await store.get("objects/none", { range: { from: 0 } })).toBeUndefined();
      expect(await store.head("objects/none")).toBeUndefined();
      expect(await store.getStream("objects/none")).toBeUndefined();
      expect(await store.list("objects/none")).toEqual({ objects: [], next: undefined });
      await store.delete("objects/none");
      await store.delete([]);
    });

    test("a second put replaces the first whole, with its metadata and its type", async () => {
      const { store } = subject;
      const first = { contentType: "text/html", metadata: { by: "first" } };
      await store.put("objects/replaced", bytes("a longer body than the next"), first);
      const { etag } = await store.put("objects/replaced", bytes("short"));
      const got = await store.get("objects/replaced");
      expect(got).toMatchObject({ etag, size: 5 });
      expect(text(got?.body)).toBe("short");
      expect(got?.metadata ?? {}).toEqual({});
      expect(got?.contentType).not.toBe("text/html");
    });

    test("the ETag changes with every write", async () => {
      const { store, differences } = subject;
      const etags: string[] = [];
      const bodies = differences.etagOfBytes ? ["a", "b", "c", "d"] : ["a", "a", "b", "a"];
      for (const [turn, body] of bodies.entries()) {
        if (turn > 0) await nextTurn(differences);
        etags.push((await store.put("objects/etag", bytes(body))).etag);
      }
      expect(new Set(etags).size).toBe(bodies.length);
      expect((await store.head("objects/etag"))?.etag).toBe(etags.at(-1));
    });

    test("a deleted key is free at once, and its next object has another ETag", async () => {
      const { store, differences } = subject;
      const first = await store.put("objects/again", bytes("1"));
      await store.delete("objects/again");
      expect(await store.head("objects/again")).toBeUndefined();
      expect((await store.list("objects/again")).objects).toEqual([]);
      await nextTurn(differences);
      const body = bytes(differences.etagOfBytes ? "2" : "1");
      const second = await store.put("objects/again", body, { when: "absent" });
      expect(second.etag).not.toBe(first.etag);
    });

    test("an empty body is an object", async () => {
      const { store } = subject;
      await store.put("objects/empty", new Uint8Array());
      const got = await store.get("objects/empty");
      expect(got).toMatchObject({ size: 0 });
      expect(got?.body).toHaveLength(0);
      expect((await store.list("objects/empty")).objects).toMatchObject([{ size: 0 }]);
      const part = await store.get("objects/empty", { range: { from: 0, to: 9 } });
      expect(part?.body).toHaveLength(0);
    });

    test("every byte comes back as it was", async () => {
      const body = Uint8Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256);
      await subject.store.put("objects/bytes", body);
      expect(
        Buffer.compare((await subject.store.get("objects/bytes"))?.body ?? bytes(""), body),
      ).toBe(0);
    });

    test("a caller may use its buffer again after the put", async () => {
      const body = bytes("kept");
      await subject.store.put("objects/reused", body);
      body.fill(0);
      expect(text((await subject.store.get("objects/reused"))?.body)).toBe("kept");
    });

    test("content type and metadata come back, of get and of head", async () => {
      const { store } = subject;
      const metadata = { "written-by": "a b=c; d", empty: "", name: "Zoë 😀 100%" };
      const options = { contentType: "application/json", metadata };
      await store.put("objects/facts", bytes("{}"), options);
      expect(await store.get("objects/facts")).toMatchObject(options);
      expect(await store.head("objects/facts")).toMatchObject(options);
      expect((await store.getStream("objects/facts"))?.metadata).toEqual(metadata);
    });

    test("metadata of more than 8,192 bytes is refused, and nothing is written", async () => {
      const put = subject.store.put("objects/much", bytes("x"), {
        metadata: { much: "x".repeat(8_190) },
      });
      await expect(put).rejects.toMatchObject({ code: "too_large" });
      expect(await subject.store.head("objects/much")).toBeUndefined();
    });

    testRanges(subject);
    testAborts(subject);
  });
}

function testRanges(subject: Subject): void {
  test.each([
    [{ from: 0, to: 0 }, "0"],
    [{ from: 2, to: 4 }, "234"],
    [{ from: 7 }, "789"],
    [{ from: 7, to: 99 }, "789"],
    [{ from: 9, to: 9 }, "9"],
    [{ from: 10 }, ""],
    [{ from: 50, to: 60 }, ""],
  ])("of the range %o come the bytes %o, with the facts of the whole", async (range, part) => {
    const { store } = subject;
    const key = `objects/range-${JSON.stringify(range)}`;
    const { etag } = await store.put(key, bytes("0123456789"));
    const got = await store.get(key, { range });
    expect(got).toMatchObject({ etag, size: 10 });
    expect(text(got?.body)).toBe(part);
  });
}

function testAborts(subject: Subject): void {
  test("a call that was aborted before it began rejects with the reason, and writes nothing", async () => {
    const { store } = subject;
    await store.put("objects/aborted", bytes("old"));
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => store.get("objects/aborted", { signal }),
      () => store.head("objects/aborted", { signal }),
      () => store.put("objects/aborted", bytes("new"), { signal }),
      () => store.getStream("objects/aborted", { signal }),
      () => store.delete("objects/aborted", { signal }),
      () => store.list("objects/aborted", { signal }),
    ]) {
      await expect(call()).rejects.toBe(reason);
    }
    expect(text((await store.get("objects/aborted"))?.body)).toBe("old");
  });
}
