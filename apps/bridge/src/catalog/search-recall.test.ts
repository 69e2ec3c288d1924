import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readRequests, readTools } from "./_recall.ts";
import { createSearch } from "./search.ts";

const tools = readTools();
const requests = readRequests(tools);
const search = createSearch(tools);
const rankOf = (request: string, wanted: string): number =>
  search.find(request, { limit: 5 }).found.findIndex(({ name }) => name === wanted) + 1;

test("the requests are about real tools, one about each", () => {
  expect(tools.size).toBeGreaterThanOrEqual(300);
  expect(new Set(requests.map(({ wanted }) => wanted))).toEqual(new Set(tools.keys()));
});

test("chance divided the tools into halves, not the outcome", () => {
  const wrong = requests.filter(({ wanted, half }) => {
    const { server = "", name = "" } = tools.get(wanted) ?? {};
    const [first = 0] = createHash("sha256").update(`trestle-1\n${server}\n${name}`).digest();
    return half !== (first % 2 === 0 ? "development" : "held-out");
  });
  expect(wrong).toEqual([]);
});

test.each(["development", "held-out"] as const)(
  "nine requests in ten find their tool among the first five (%s half)",
  (half) => {
    const asked = requests.filter((each) => each.half === half);
    expect(asked.length).toBeGreaterThan(200);
    const found = asked.filter(({ request, wanted }) => rankOf(request, wanted) > 0);
    expect(found.length / asked.length).toBeGreaterThanOrEqual(0.9);
  },
);
