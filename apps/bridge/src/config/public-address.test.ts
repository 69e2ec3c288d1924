import { expect, test } from "vitest";
import { callbackUrl } from "../sign-in/callback-url.ts";
import { publicAddress } from "./public-address.ts";

test.each([
  [{}, "http://127.0.0.1:4100/mcp"],
  [{ host: "10.0.0.7", port: 80 }, "http://10.0.0.7/mcp"],
  [{ publicUrl: "https://bridge.example" }, "https://bridge.example/mcp"],
  [{ publicUrl: "https://bridge.example/", port: 1 }, "https://bridge.example/mcp"],
  [{ publicUrl: "https://example.com/trestle" }, "https://example.com/trestle/mcp"],
  [{ publicUrl: "https://example.com/a/trestle//?x#y" }, "https://example.com/a/trestle/mcp"],
  [{ publicUrl: "https://example.com//evil.example" }, "https://example.com//evil.example/mcp"],
])("by %o others reach it at %s", (http, address) => {
  expect(publicAddress(http, "/mcp")).toBe(address);
});

test("browsers come back from a sign-in to where the prefix of a proxy leads to", () => {
  const http = { publicUrl: "https://example.com/trestle", port: 4100 };
  expect(callbackUrl({ http } as never)).toBe("https://example.com/trestle/oauth/callback");
});
