import { miniflareFolder, startMiniflareBucket } from "@trestle/testkit/miniflare-bucket";
import { describe } from "vitest";
import { describeObjectStore } from "../_describe-object-store.ts";
import { openS3Store } from "./open-s3-store.ts";

const folder = await miniflareFolder();

describe.skipIf(folder === undefined)("miniflare", () => {
  describeObjectStore(
    "R2's own local bucket",
    async () => {
      const place = await startMiniflareBucket(folder ?? "");
      return { open: async () => openS3Store(place), close: () => place.close() };
    },
    {
      etagOfBytes: true,
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are meant
      refuses: (key) => /(^|\/)\.\.?(\/|$)|[\u0000-\u001f]/.test(key),
    },
  );
});
