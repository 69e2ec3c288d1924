import { describe, expect, test } from "vitest";
import type { Subject } from "./_describe-object-store.ts";
import { bytes, byUtf8, eachOf, listAll } from "./_object-store-parts.ts";

const keysOf = (objects: readonly { key: string }[]) => objects.map(({ key }) => key);

/** Listing: its order, its pages, what it sees. */
export function testLists(subject: Subject): void {
  describe("lists", () => {
    test("more than 1,000 keys come in pages, and go at once", { timeout: 120_000 }, async () => {
      const { store } = subject;
      const numbers = Array.from({ length: 1_205 }, (_, index) => `${index}`.padStart(5, "0"));
      // Some flat, some in folders: to a list it is all the same.
      const keys = numbers.map((n) => `lists/many/${Number(n) % 3 ? n : `${n.slice(0, 3)}/${n}`}`);
      const inOrder = keys.toSorted(byUtf8);
      await eachOf(keys, (key) => store.put(key, bytes(key)));

      const first = await store.list("lists/many/");
      expect(keysOf(first.objects)).toEqual(inOrder.slice(0, 1_000));
      expect(first.next).toBe(inOrder[999]);
      const second = await store.list("lists/many/", { after: first.next });
      expect(keysOf(second.objects)).toEqual(inOrder.slice(1_000));
      expect(second.next).toBeUndefined();
      expect(keysOf(await listAll(store, "lists/many/", 241))).toEqual(inOrder);

      await store.delete(keys.slice(1));
      expect(keysOf((await store.list("lists/many/")).objects)).toEqual(keys.slice(0, 1));
      await store.delete(keys);
      expect(await store.list("lists/many/")).toEqual({ objects: [], next: undefined });
    });

    test("the order is that of the UTF-8 bytes, also beyond the BMP", async () => {
      const { store } = subject;
      const names = ["b", "b/", "b/b", "b-b", "b.b", "b0", "B", "é", "e\u0301", "z", "~", "Z"];
      // As UTF-16, a surrogate pair would come before U+FFEE.
      const keys = [...names, "\uffee", "😀", "\ue000", "b/😀", "b/\uffee", "b!/x"].map(
        (name) => `lists/order/${name}`,
      );
      await eachOf(keys, (key) => store.put(key, bytes("x")));
      const inOrder = keys.toSorted(byUtf8);
      expect(keysOf(await listAll(store, "lists/order/"))).toEqual(inOrder);
      expect(keysOf(await listAll(store, "lists/order/", 1))).toEqual(inOrder);
      expect(keysOf(await listAll(store, "lists/order/", 2))).toEqual(inOrder);
      for (const [at, key] of inOrder.entries()) {
        const { objects } = await store.list("lists/order/", { after: key });
        expect(keysOf(objects)).toEqual(inOrder.slice(at + 1));
      }
    });

    test("`after` need not be a key, nor lie below the prefix", async () => {
      const { store } = subject;
      const keys = ["m/a", "m/b/c", "m/b/d", "m/e"].map((name) => `lists/after/${name}`);
      await eachOf(keys, (key) => store.put(key, bytes("x")));
      const listAfter = async (after: string) =>
        keysOf((await store.list("lists/after/m/", { after })).objects);
      expect(await listAfter("lists/after/m/aa")).toEqual(keys.slice(1));
      expect(await listAfter("lists/after/m/b")).toEqual(keys.slice(1));
      expect(await listAfter("lists/after/m/b/")).toEqual(keys.slice(1));
      expect(await listAfter("lists/after/m/b/c")).toEqual(keys.slice(2));
      expect(await listAfter("lists/after/m/b/zz")).toEqual(keys.slice(3));
      expect(await listAfter("lists/after/m/c")).toEqual(keys.slice(3));
      expect(await listAfter("lists/after/m")).toEqual(keys);
      expect(await listAfter("a")).toEqual(keys);
      expect(await listAfter("lists/after/m/e")).toEqual([]);
      expect(await listAfter("z")).toEqual([]);
    });

    test("a prefix is the beginning of a key, not a folder", async () => {
      const { store } = subject;
      const names = ["pre", "pre/x", "prefix", "prefix/y", "prf", "Prefix"];
      const keys = names.map((name) => `lists/prefix/${name}`);
      await eachOf(keys, (key) => store.put(key, bytes("x")));
      const listed = async (prefix: string) =>
        keysOf((await store.list(`lists/prefix/${prefix}`)).objects).map((key) =>
          key.slice("lists/prefix/".length),
        );
      expect(await listed("pre")).toEqual(["pre", "pre/x", "prefix", "prefix/y"]);
      expect(await listed("pre/")).toEqual(["pre/x"]);
      expect(await listed("pref")).toEqual(["prefix", "prefix/y"]);
      expect(await listed("prefix/y")).toEqual(["prefix/y"]);
      expect(await listed("prefix/yy")).toEqual([]);
      expect(await listed("P")).toEqual(["Prefix"]);
    });

    test("a page that ends with the last key has no next", async () => {
      const { store } = subject;
      const keys = ["1", "2", "3", "4"].map((name) => `lists/even/${name}`);
      await eachOf(keys, (key) => store.put(key, bytes("x")));
      const page = await store.list("lists/even/", { limit: 2 });
      expect(page.next).toBe(keys[1]);
      const last = await store.list("lists/even/", { limit: 2, after: page.next });
      expect(keysOf(last.objects)).toEqual(keys.slice(2));
      expect(last.next).toBeUndefined();
    });

    test("a list shows the facts of each object, and every write that was acknowledged", async () => {
      const { store } = subject;
      const other = await subject.another();
      const names = Array.from({ length: 40 }, (_, index) => `lists/seen/${index}`);
      await eachOf(names, async (key) => {
        const { etag } = await store.put(key, bytes("x".repeat(key.length)));
        const { objects } = await other.list(key, { limit: 1 });
        expect(objects).toMatchObject([{ key, etag, size: key.length }]);
        await store.delete(key);
        expect(keysOf((await other.list("lists/seen/")).objects)).not.toContain(key);
      });
    });

    test("an empty prefix lists everything", async () => {
      const { store } = subject;
      await store.put("lists/all", bytes("x"));
      const everything = keysOf(await listAll(store, ""));
      expect(everything).toContain("lists/all");
      expect(everything).toEqual(everything.toSorted(byUtf8));
    });
  });
}
