import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outcomeOf, PROBES } from "../s3-server/_probes.ts";
import { type MiniflareBucket, miniflareFolder, startMiniflareBucket } from "./index.ts";

/** Where it is known not to be what R2 is. One that is mended fails here, and leaves the list. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  // Buckets come from its configuration.
  "another bucket": "404 NoSuchBucket",
  // Checksums are taken, and not checked.
  "a put with the wrong CRC32": "done",
  "a put with the wrong CRC32C": "done",
  "a put with the wrong CRC64NVME": "done",
  "a put with the wrong SHA1": "done",
  "a put with the wrong SHA256": "done",
  "a stream in chunks, with its checksum behind it": "500 Error",
  // Limits hold, and are not named.
  "metadata of more than 8,192 bytes": "500 Error",
  "a key of 1,025 bytes": "500 Error",
  // Of uploads it keeps less than R2 does.
  "parts of several sizes": "404 NoSuchUpload",
  "the end of an upload over what is there": "done",
  "the parts of an upload": "501 NotImplemented",
  "the uploads of a bucket": "501 NotImplemented",
  // White space alone is no text to its reader of XML.
  "a delete of a key that is a space": "1 left",
};

const folder = await miniflareFolder();

describe.skipIf(folder === undefined)("R2's own local bucket answers as the S3 server does", () => {
  let place: MiniflareBucket;
  beforeAll(async () => {
    place = await startMiniflareBucket(folder ?? "");
  });
  afterAll(() => place.close());

  const cases = Object.entries(PROBES).map(([name, [same, probe]]) => {
    const other = DIFFERENCES[name];
    return { name: other ? `${name}, but: ${other}` : name, expected: other ?? same, probe };
  });

  test.each(cases)("$name", async ({ expected, probe }) => {
    expect(await outcomeOf(probe, place)).toBe(expected);
  });

  test("every difference is one of something that is asked", () => {
    expect(Object.keys(PROBES)).toEqual(expect.arrayContaining(Object.keys(DIFFERENCES)));
  });
});
