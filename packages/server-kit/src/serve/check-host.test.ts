import type { IncomingMessage } from "node:http";
import {
  localhostAllowedHostnames,
  validateHostHeader,
  validateOriginHeader,
} from "@modelcontextprotocol/server";
import { expect, test } from "vitest";
import { findForeign, LOCAL_HOSTS } from "./check-host.ts";

const HOSTS = [...LOCAL_HOSTS, "example.com", "moz-extension://*", "https://*"];
const hosts = [
  undefined,
  "",
  "localhost",
  "LOCALHOST:80",
  "[::1]:4100",
  "evil.example",
  "a b",
  "%",
];
const origins = [
  ...[
    undefined,
    "",
    "null",
    "http://localhost:3000",
    "https://example.com",
    "https://evil.example",
  ],
  ...["moz-extension://5f0d", "chrome-extension://abc", "file://", "http://", "not an origin"],
];

test("a request is refused exactly as the SDK would refuse it", () => {
  expect(LOCAL_HOSTS).toEqual(localhostAllowedHostnames());
  for (const host of hosts) {
    for (const origin of origins) {
      const headers = {
        ...(host !== undefined && { host }),
        ...(origin !== undefined && { origin }),
      };
      const ofHost = validateHostHeader(host, HOSTS);
      const ofOrigin = validateOriginHeader(origin, HOSTS);
      const said = ofHost.ok ? (ofOrigin.ok ? undefined : ofOrigin.message) : ofHost.message;
      const found = findForeign({ headers } as IncomingMessage, { hosts: HOSTS });
      expect(found, JSON.stringify(headers)).toBe(said);
    }
  }
});
