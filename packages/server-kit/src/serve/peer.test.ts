import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { readPeer } from "./peer.ts";

const trusts = (address: string) => ["127.0.0.1", "10.0.0.1", "10.0.0.2", "::1"].includes(address);

function peer(remoteAddress: string, headers: Record<string, string> = {}) {
  const request = { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
  return readPeer(request, trusts);
}

test("what strangers say of themselves is not believed", () => {
  const said = {
    ...{ "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" },
    forwarded: "for=127.0.0.1;proto=https",
  };
  const expected = { address: "192.0.2.7", isEncrypted: false, isPassedOn: true };
  expect(peer("192.0.2.7", said)).toEqual(expected);
  expect(peer("192.0.2.7")).toEqual({ ...expected, isPassedOn: false });
});

const behind: [string, Record<string, string>, string][] = [
  ["the hop that a proxy added", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1"],
  [
    "the last one, whatever the caller wrote before it",
    { "x-forwarded-for": "127.0.0.1, not an address,198.51.100.1" },
    "198.51.100.1",
  ],
  [
    "the outermost that a trusted proxy saw",
    { "x-forwarded-for": "1.1.1.1, 198.51.100.1, 10.0.0.2, 10.0.0.1" },
    "198.51.100.1",
  ],
  ["the first one where all are trusted", { "x-forwarded-for": "10.0.0.2,10.0.0.1" }, "10.0.0.2"],
  ["an address with a port", { "x-forwarded-for": "198.51.100.1:4711" }, "198.51.100.1"],
  ["one of IPv6", { "x-forwarded-for": "[2001:db8::7]:4711" }, "2001:db8::7"],
  ["one of IPv4 in the form of IPv6", { "x-forwarded-for": "::ffff:198.51.100.1" }, "198.51.100.1"],
  [
    "what Forwarded says",
    { forwarded: 'for=10.9.9.9, For="[2001:db8::7]:80";proto=https;by=10.0.0.1' },
    "2001:db8::7",
  ],
  [
    "what both say",
    { forwarded: "for=198.51.100.1", "x-forwarded-for": "198.51.100.1" },
    "198.51.100.1",
  ],
  ["the proxy itself where it says nothing", {}, "10.0.0.1"],
];

test.each(behind)("a trusted proxy is asked for the sender: %s", (_what, headers, address) => {
  expect(peer("10.0.0.1", headers)).toMatchObject({ address, isPassedOn: true });
  expect(peer("::ffff:10.0.0.1", headers).fault).toBeUndefined();
});

const unreadable: [string, Record<string, string>][] = [
  ["nothing", { "x-forwarded-for": "" }],
  ["a word", { "x-forwarded-for": "unknown" }],
  ["a name", { "x-forwarded-for": "198.51.100.1, localhost" }],
  ["an address of a zone", { "x-forwarded-for": "fe80::1%eth0" }],
  ["a number", { "x-forwarded-for": "2130706433" }],
  ["a hidden sender", { forwarded: "for=_hidden" }],
  ["an element without a sender", { forwarded: "for=198.51.100.1, proto=https" }],
  ["an open quote", { forwarded: 'for="198.51.100.1' }],
  ["two senders", { forwarded: "for=198.51.100.1", "x-forwarded-for": "198.51.100.2" }],
];

test.each(unreadable)("a trusted proxy that names %s is no help", (_what, headers) => {
  expect(peer("10.0.0.1", headers).fault).toEqual(expect.any(String));
});

test("whether it came over TLS is what the proxy next to us says", () => {
  const proto = (value: string) => peer("10.0.0.1", { "x-forwarded-proto": value }).isEncrypted;
  expect([proto("https"), proto("HTTPS"), proto("http, https")]).toEqual([true, true, true]);
  expect([proto("http"), proto("https, http"), proto("")]).toEqual([false, false, false]);
  const forwarded = "proto=https;for=1.2.3.4, for=198.51.100.1;proto=http";
  expect(peer("10.0.0.1", { forwarded }).isEncrypted).toBe(false);
});

test("a header of the greatest length is read at once", () => {
  const began = performance.now();
  peer("10.0.0.1", { forwarded: '"'.repeat(16_000) });
  peer("10.0.0.1", { forwarded: 'a="\\'.repeat(4_000) });
  peer("10.0.0.1", { forwarded: " ".repeat(16_000) });
  peer("10.0.0.1", { "x-forwarded-for": ",".repeat(16_000) });
  expect(performance.now() - began).toBeLessThan(1_000);
});
