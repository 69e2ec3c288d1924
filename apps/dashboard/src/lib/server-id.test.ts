import { expect, test } from "vitest";
import { namedEntry, toId } from "./server-id.ts";

const SERVERS = { "My Server": { command: "mine" }, "my-other": { url: "https://example.com" } };

test("an entry is found by the id of its server, whatever the configuration calls it", () => {
  expect(namedEntry(SERVERS, "my-server")).toEqual(["My Server", { command: "mine" }]);
  expect(namedEntry(SERVERS, "my-other")?.[0]).toBe("my-other");
  expect(namedEntry(SERVERS, "gone")).toBeUndefined();
  expect(namedEntry(undefined, "gone")).toBeUndefined();
});

test("names become ids that the bridge takes", () => {
  expect([toId("My Server!"), toId("@scope/a-very-long-server-name"), toId("---")]).toEqual([
    "my-server",
    "scope-a-very-lon",
    "",
  ]);
});
