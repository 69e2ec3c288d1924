import process from "node:process";
import { miniflareFolder, startMiniflareBucket } from "@trestle/testkit/miniflare-bucket";
import { describe, expect, test } from "vitest";
import { describeObjectStore } from "../_describe-object-store.ts";
import { bytes, eachOf, listAll, text } from "../_object-store-parts.ts";
import { refuses } from "./_faulty-bucket.ts";
import { openS3Store } from "./open-s3-store.ts";

/** How this bucket differs from R2's own, probe by probe: the testkit's `miniflare-bucket.test.ts`. */
const folder = await miniflareFolder();

describe.skipIf(folder === undefined)("miniflare", () => {
  describeObjectStore(
    "R2's own local bucket",
    async () => {
      const place = await startMiniflareBucket(folder ?? "");
      return { open: async () => openS3Store(place), close: () => place.close() };
    },
    { etagOfBytes: true, refuses },
  );

  test.skipIf(process.platform !== "linux")(
    "a bucket that crashes under its writers loses nothing that was acknowledged",
    { timeout: 120_000 },
    async () => {
      const place = await startMiniflareBucket(folder ?? "");
      const store = openS3Store(place);
      try {
        const keys = Array.from({ length: 300 }, (_, at) => `crash/${at}`);
        let written = 0;
        await eachOf(keys, async (key) => {
          await store.put(key, bytes(key), { when: "absent" });
          written += 1;
          if (written === 100 || written === 200) await place.crash();
        });
        expect(place.crashes()).toBeGreaterThan(0);
        expect(await listAll(store, "crash/")).toHaveLength(keys.length);
        await eachOf(keys, async (key) => expect(text((await store.get(key))?.body)).toBe(key));
      } finally {
        await store.close();
        await place.close();
      }
    },
  );
});
