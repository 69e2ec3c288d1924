import { expect, test } from "vitest";
import { describeOwnTools } from "./_own-tools.ts";
import ownTools from "./own-tools.json" with { type: "json" };

test("own-tools.json is what the tools say: `_own-tools.ts` writes it", () => {
  expect(ownTools).toEqual(JSON.parse(JSON.stringify(describeOwnTools())));
});
