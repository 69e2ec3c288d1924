import { expect, test } from "vitest";
import { checkNode } from "./node-version.ts";

test("a Node that is new enough passes in silence", () => {
  for (const version of ["22.13.0", "v22.13.1", "22.14.0", "24.0.0"]) {
    expect(checkNode(version, "22.13")).toBeUndefined();
  }
});

test("an older one gets one sentence that says what is needed", () => {
  for (const version of ["22.12.9", "20.20.2", "v8.0.0"]) {
    expect(checkNode(version, "22.13")).toMatch(/^This program needs Node 22\.13 .*\.$/);
  }
});
