import { expect, test } from "vitest";
import { isPrivateHost } from "./private-hosts.ts";

const hostOf = (text: string): string => new URL(`http://${text}/`).hostname;

test.each([
  ...[
    "localhost",
    "LOCALHOST",
    "localhost.",
    "tracker",
    "a.localhost",
    "printer.local",
    "db.internal",
  ],
  ...["127.0.0.1", "127.1", "0x7f.1", "017700000001", "2130706433", "0", "10.1.2.3", "192.168.0.1"],
  ...["169.254.169.254", "172.16.0.1", "100.64.0.1", "[::1]", "[::]", "[fe80::1]", "[fd00::1]"],
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"],
])("%s is of a private network, and says so", (text) => {
  expect(isPrivateHost(hostOf(text))).toBe(true);
});

test.each([
  ...["example.com", "localhost.example.com", "a.notlocal", "8.8.8.8", "[2606:4700::1]"],
  ...["127.0.0.1.nip.io", "internal.example"],
])("%s is of the public internet, wherever it leads", (text) => {
  expect(isPrivateHost(hostOf(text))).toBe(false);
});
