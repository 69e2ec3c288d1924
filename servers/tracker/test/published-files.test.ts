import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describePublishedFiles } from "@trestle/testkit/published-files";
import { expect, test } from "vitest";
import { healthSchema } from "../src/health/config.ts";
import { server } from "../src/index.ts";
import { pricesFile } from "../src/reports/prices.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));

describePublishedFiles({ folder, server, id: "tracker", program: "trestle-tracker" });

test("the files of settings that the page shows are what the server takes", () => {
  const page = readFileSync(new URL("../../../docs/tracker.md", import.meta.url), "utf8");
  const [health, prices, ...others] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) =>
    JSON.parse(match[1] ?? ""),
  );
  expect(others).toEqual([]);
  expect(healthSchema.parse(health).targets).toMatchObject(health.targets);
  expect(pricesFile.parse(prices)).toMatchObject(prices);
});
