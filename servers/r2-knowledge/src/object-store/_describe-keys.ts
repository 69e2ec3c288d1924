import { describe, expect, test } from "vitest";
import type { Subject } from "./_describe-object-store.ts";
import { bytes, byUtf8, eachOf, listAll, text } from "./_object-store-parts.ts";

/** 1,024 bytes with their prefix. */
const LONG = "x".repeat(1_019);

const STRANGE = [
  "plain.json",
  "a",
  "a/",
  "a/b",
  "a//b",
  "a//",
  "a/b/c",
  "/leading",
  "//",
  ".",
  "..",
  "../up",
  "../../../../tmp/up",
  "a/../b",
  "a/./b",
  ".hidden",
  "dots...",
  "trailing.",
  "trailing ",
  " leading",
  "two  spaces",
  "50%",
  "%2F",
  "%2e%2e/x",
  "%00",
  "a+b&c=d?e#f",
  "a\\b",
  "..\\up",
  "c:\\x",
  "quote\"quote'<tag>|*?:",
  "CON",
  "nul.txt",
  "lpt1/aux",
  "Case",
  "case",
  "CASE",
  "case/one",
  "Case/one",
  "ünï",
  "u\u0308", // the same to the eye as the next, but another key
  "ü",
  "漢字/かな",
  "😀",
  "\uffee",
  "~",
  "@",
  "tab\tnewline\nreturn\r",
  "\u007f",
  `${"deep/".repeat(100)}end`,
  "n".repeat(300),
  "ü".repeat(255),
  `${"d".repeat(300)}/${"e".repeat(300)}`,
  LONG,
];

/** Keys are names only: nothing in them means anything. */
export function testKeys(subject: Subject): void {
  const refuses = (key: string) => subject.differences.refuses?.(key) ?? false;

  describe("keys", () => {
    test("strange ones are kept apart, each with its own body, and listed as they were given", async () => {
      const { store } = subject;
      const kept = STRANGE.map((name) => `keys/${name}`).filter((key) => !refuses(key));
      await eachOf(kept, (key) => store.put(key, bytes(key), { when: "absent" }));
      for (const reader of [store, await subject.another()]) {
        await eachOf(kept, async (key) => expect(text((await reader.get(key))?.body)).toBe(key));
        for (const limit of [1_000, 7]) {
          const listed = await listAll(reader, "keys/", limit);
          expect(listed.map(({ key }) => key)).toEqual(kept.toSorted(byUtf8));
        }
      }
    });

    test("each of them is deleted alone", async () => {
      const { store } = subject;
      const kept = STRANGE.map((name) => `gone/${name}`).filter((key) => !refuses(key));
      await eachOf(kept, (key) => store.put(key, bytes(key)));
      const [early, late] = [kept.filter((_, at) => at % 2 === 0), kept.filter((_, at) => at % 2)];
      await eachOf(early, (key) => store.delete(key));
      const listed = await listAll(store, "gone/");
      expect(listed.map(({ key }) => key)).toEqual(late.toSorted(byUtf8));
      await store.delete(late);
      expect(await listAll(store, "gone/")).toEqual([]);
    });

    test("a key may be of any bytes at its beginning too", async () => {
      const { store } = subject;
      const kept = ["/", "//", "..", ".", "../x", " ", "%", "😀"].filter((key) => !refuses(key));
      await eachOf(kept, (key) => store.put(key, bytes(key)));
      await eachOf(kept, async (key) => expect(text((await store.get(key))?.body)).toBe(key));
      await store.delete(kept);
      await eachOf(kept, async (key) => expect(await store.head(key)).toBeUndefined());
    });

    test("an object and a prefix may have the same name, in either order", async () => {
      const { store } = subject;
      await store.put("both/one", bytes("object"));
      await store.put("both/one/below", bytes("below"));
      await store.put("both/two/below", bytes("below"));
      await store.put("both/two", bytes("object"));
      expect(text((await store.get("both/one"))?.body)).toBe("object");
      expect(text((await store.get("both/two"))?.body)).toBe("object");
      await store.delete("both/one");
      expect(text((await store.get("both/one/below"))?.body)).toBe("below");
      await store.delete("both/two/below");
      expect(text((await store.get("both/two"))?.body)).toBe("object");
      const listed = await listAll(store, "both/");
      expect(listed.map(({ key }) => key)).toEqual(["both/one/below", "both/two"]);
    });

    test("what cannot be a key is refused as one, whoever asks", async () => {
      const { store } = subject;
      const strange = STRANGE.map((name) => `keys/${name}`).filter(refuses);
      const wrong = ["", `keys/${LONG}x`, `keys/${"ü".repeat(510)}`, "keys/\ud800", ...strange];
      for (const key of wrong) {
        for (const call of [
          () => store.put(key, bytes("x")),
          () => store.putStream(key, once("x")),
          () => store.get(key),
          () => store.getStream(key),
          () => store.head(key),
          () => store.delete(key),
          () => store.delete(["keys/innocent", key]),
        ]) {
          await expect(call(), `key ${JSON.stringify(key)}`).rejects.toMatchObject({
            code: "bad_key",
          });
        }
      }
    });
  });
}

async function* once(body: string): AsyncGenerator<Uint8Array> {
  yield bytes(body);
}
