import { expect, test } from "vitest";
import { takeFolderLock } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

test("a lock that was given back is nobody's, however often it is given back", () => {
  const folder = temporaryFolder();
  const first = takeFolderLock(folder, 0);
  first?.release();
  const second = takeFolderLock(folder, 0);
  first?.release();
  expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.POSITIVE_INFINITY);
  expect(takeFolderLock(folder, 0), "still held by the second").toBeUndefined();
  second?.release();
});
