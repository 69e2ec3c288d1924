import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Keyring, openKeyring } from "@trestle/access";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeObjectStore } from "../_describe-object-store.ts";
import { bytes, readAll, text } from "../_object-store-parts.ts";
import { openFolderStore } from "../folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store.ts";
import { CHUNK_BYTES } from "./chunks.ts";
import { openSealedStore } from "./open-sealed-store.ts";
import { rewrapAll } from "./rewrap.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-sealed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keyring = openKeyring({ folder: join(folder, "keys") });

describeObjectStore("a folder with sealed bodies", async () => {
  const opened: ObjectStore[] = [];
  return {
    open: async () => {
      const store = await openFolderStore({ path: join(folder, "contract") });
      opened.push(store);
      return openSealedStore(store, keyring);
    },
    close: async () => {
      for (const store of opened) await store.close();
    },
  };
});

describe("sealed bodies", () => {
  let inner: ObjectStore;
  let store: ObjectStore;

  beforeAll(async () => {
    inner = await openFolderStore({ path: join(folder, "bodies") });
    store = openSealedStore(inner, keyring);
    return () => inner.close();
  });

  test("nothing of a body is readable beneath, and equal bodies look different", async () => {
    await store.put("secret/1", bytes("the password is swordfish"));
    await store.put("secret/2", bytes("the password is swordfish"));
    const one = Buffer.from((await inner.get("secret/1"))?.body ?? []);
    const two = Buffer.from((await inner.get("secret/2"))?.body ?? []);
    expect(one.includes("swordfish")).toBe(false);
    expect(one.subarray(-40).equals(two.subarray(-40))).toBe(false);
  });

  test("sizes around the edge of a chunk are true in put, list and head, and read back whole", async () => {
    const sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES];
    for (const size of sizes) {
      const key = `sizes/${size}`;
      const body = Buffer.alloc(size, size % 251);
      await store.put(key, body);
      expect((await store.head(key))?.size).toBe(size);
      expect((await store.list(key)).objects[0]?.size).toBe(size);
      expect(body.equals((await store.get(key))?.body ?? bytes("none"))).toBe(true);
      const streamed = await store.putStream(`${key}/streamed`, inParts(body, 1_000));
      expect(streamed.bytes).toBe(size);
      const found = await store.getStream(`${key}/streamed`);
      expect(body.equals(await readAll(found?.body ?? inParts(bytes("none"), 9)))).toBe(true);
    }
  });

  test("ranges are the same as of the plain body", async () => {
    const body = Buffer.from(
      Uint8Array.from({ length: 3 * CHUNK_BYTES + 77 }, (_, at) => at % 253),
    );
    await store.put("ranges", body);
    const edges = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 5, body.length - 1, 1e9];
    for (const from of edges) {
      for (const to of [...edges, undefined]) {
        if (to !== undefined && to < from) continue;
        const found = await store.get("ranges", { range: { from, to } });
        const expected = body.subarray(from, to === undefined ? undefined : to + 1);
        expect(found?.size).toBe(body.length);
        expect(expected.equals(found?.body ?? bytes("none"))).toBe(true);
      }
    }
  });

  test("a flipped bit anywhere, a cut and a moved object are noticed", async () => {
    const body = Buffer.alloc(CHUNK_BYTES + 100, 7);
    await store.put("harm/whole", body);
    const sealed = Buffer.from((await inner.get("harm/whole"))?.body ?? []);
    const places = [0, 5, 15, 30, 60, 71, 72, 1_000, 72 + CHUNK_BYTES, 72 + CHUNK_BYTES + 16];
    const harmed = [...places, sealed.length - 1].map((at) => {
      const copy = Buffer.from(sealed);
      copy.writeUInt8((copy[at] ?? 0) ^ 1, at);
      return copy;
    });
    const cuts = [0, 10, 72, 80, 72 + CHUNK_BYTES + 16, sealed.length - 1];
    for (const bad of [...harmed, ...cuts.map((to) => sealed.subarray(0, to))]) {
      await inner.put("harm/whole", bad);
      await expect(store.get("harm/whole")).rejects.toMatchObject({
        code: expect.stringMatching(/^(damaged|denied)$/),
      });
    }
    await inner.put("harm/other", sealed);
    await expect(store.get("harm/other")).rejects.toMatchObject({ code: "damaged" });
    await inner.put("harm/whole", sealed);
    expect(body.equals((await store.get("harm/whole"))?.body ?? bytes("none"))).toBe(true);
  });

  test("what was never sealed is not taken for sealed", async () => {
    await inner.put("plain", bytes("written before sealing was on"));
    await expect(store.get("plain")).rejects.toThrow(/plain is not sealed/);
  });
});

describe("rotation", () => {
  test("after all keys are wrapped anew the old key is needed no more", async () => {
    const inner = await openFolderStore({ path: join(folder, "rotation") });
    const old = openKeyring({ folder: join(folder, "rotated"), encryptionKey: key("a") });
    const both = openKeyring({
      folder: join(folder, "none"),
      encryptionKey: `${key("b")},${key("a")}`,
    });
    const only = openKeyring({ folder: join(folder, "none"), encryptionKey: key("b") });
    const big = Buffer.alloc(9 * 1024 * 1024, 3);
    await openSealedStore(inner, old).put("r/1", bytes("one"), { metadata: { kept: "yes" } });
    await openSealedStore(inner, old).put("r/big", big);
    await openSealedStore(inner, both).put("r/new", bytes("new"));
    await expect(read(inner, only, "r/1")).rejects.toMatchObject({ code: "denied" });

    const first = await rewrapAll(inner, both, { prefix: "r/" });
    expect(first).toEqual({ rewrapped: 2, current: 1, overtaken: 0 });
    expect(await rewrapAll(inner, only)).toEqual({ rewrapped: 0, current: 3, overtaken: 0 });

    expect(text((await read(inner, only, "r/1"))?.body)).toBe("one");
    expect((await read(inner, only, "r/1"))?.metadata).toMatchObject({ kept: "yes" });
    expect(big.equals((await read(inner, only, "r/big"))?.body ?? bytes("none"))).toBe(true);
    await inner.close();
  });
});

const key = (letter: string): string => Buffer.alloc(32, letter).toString("base64");

const read = (inner: ObjectStore, keys: Keyring, name: string) =>
  openSealedStore(inner, keys).get(name);

async function* inParts(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}
