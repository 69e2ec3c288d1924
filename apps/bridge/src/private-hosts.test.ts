import { describe, expect, test } from "vitest";
import { isPrivateHost, type LookupParts, lookupFor } from "./private-hosts.ts";

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

describe("the name of a server is resolved for a connection", () => {
  /** What a connection would be made to; `all` as Node asks where it tries several. */
  function resolve(address: string, name: string, parts: Partial<LookupParts> & { all?: boolean }) {
    const { all = false, ...rest } = parts;
    const lookup = lookupFor(address, { listed: () => [], onRefused: () => {}, ...rest });
    return new Promise((done, fail) => {
      if (!lookup) return done("anywhere");
      lookup(name, { all }, (error, found) => (error ? fail(error) : done(found)));
    });
  }

  test.each(["http://127.0.0.1:3000", "http://localhost", "https://db.internal", "no address"])(
    "%s may be anywhere, as it says itself",
    async (address) => {
      expect(await resolve(address, "localhost", {})).toBe("anywhere");
    },
  );

  test("a public name that leads to a private network is refused, and that is told", async () => {
    const refused: string[] = [];
    const parts = { onRefused: (host: string) => refused.push(host) };
    const work = resolve("https://mcp.example:8443/mcp", "localhost", parts);
    await expect(work).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("mcp.example:8443 leads to a private network"),
      details: { sent: false },
    });
    expect(refused).toEqual(["mcp.example:8443"]);
  });

  test.each(["mcp.example", "mcp.example:8443"])("listed as %s it is followed", async (host) => {
    const listed = () => [host];
    const address = "https://mcp.example:8443/mcp";
    expect(await resolve(address, "127.0.0.1", { listed })).toBe("127.0.0.1");
    expect(await resolve(address, "127.0.0.1", { listed, all: true })).toEqual([
      { address: "127.0.0.1", family: 4 },
    ]);
  });

  test("a public address is one", async () => {
    expect(await resolve("https://mcp.example", "8.8.8.8", {})).toBe("8.8.8.8");
  });

  test("a name that nobody knows fails as it does elsewhere", async () => {
    const work = resolve("https://mcp.example", "no-such-name.invalid", {});
    await expect(work).rejects.toMatchObject({ syscall: "getaddrinfo" });
  });
});
