import { lookup } from "node:dns/promises";
import { describe, expect, test } from "vitest";
import { type Resolve, resolveDestination } from "./destination.ts";
import { isPublicAddress } from "./public-address.ts";

const system: Resolve = (hostname) => lookup(hostname, { all: true });
const resolveWith = (url: string, resolve = system) =>
  resolveDestination(url, { resolve, allowHosts: [] });

describe("an address of the local machine or network is refused, however it is written", () => {
  test.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "１２７.０.０.１",
    "127。0。0。1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "localhost",
  ])("%s", async (host) => {
    const denied = { code: "denied", message: expect.stringMatching(/not on the public internet/) };
    await expect(resolveWith(`https://${host}:8443/`)).rejects.toMatchObject(denied);
  });
});

test.each([
  ["1.1.1.1", true],
  ["172.32.0.1", true],
  ["2606:4700::1111", true],
  ["198.18.0.1", false],
  ["240.0.0.1", false],
  ["255.255.255.255", false],
  ["2001:db8::1", false],
  ["2001::1", false],
  ["ff02::1", false],
  ["fe80::1%eth0", false],
  ["0177.0.0.1", false],
  ["example.com", false],
  ["", false],
])("%s is public: %s", (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

test.each([
  ["http://example.com/", /go over https/],
  ["ftp://example.com/", /needs an https URL/],
  ["file:///etc/passwd", /needs an https URL/],
  ["nonsense", /needs an https URL/],
  ["https://user:secret@example.com/", /no user or password/],
])("%s is no URL for a webhook", async (url, message) => {
  await expect(resolveWith(url)).rejects.toThrow(message);
});

test("a name is refused when any of its addresses is private", async () => {
  const resolve: Resolve = async () => [
    { address: "1.1.1.1", family: 4 },
    { address: "10.0.0.1", family: 4 },
  ];
  await expect(resolveWith("https://mixed.example/", resolve)).rejects.toMatchObject({
    code: "denied",
  });
});

test("a public name is called at the address that was checked", async () => {
  const resolve: Resolve = async () => [{ address: "1.1.1.1", family: 4 }];
  expect(await resolveWith("https://public.example/", resolve)).toMatchObject({
    address: "1.1.1.1",
    family: 4,
  });
});

test("a name that does not resolve may resolve later", async () => {
  const failing: Resolve = async () => {
    throw new Error("no such name");
  };
  for (const resolve of [failing, async () => []]) {
    await expect(resolveWith("https://gone.example/", resolve)).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
    });
  }
});
