import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { parseScope, requireAllowed, requireListing } from "./scopes.ts";
import { createTokenCheck, signToken } from "./tokens.ts";

const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const SECRET = "a secret of more than thirty-two bytes";
const now = () => NOW;

async function check(settings: Parameters<typeof createTokenCheck>[0]) {
  const made = await createTokenCheck(settings, now);
  if (made === undefined) throw new Error("no key");
  return made;
}

describe("a token", () => {
  test("says who calls, what they may, and until when", async () => {
    const scopes = ["counter/*:increment"];
    const token = await signToken(SECRET, { name: "ada", scopes, expiresAt: NOW + HOUR_MS });
    const checkToken = await check({ secret: SECRET });
    expect(await checkToken(token)).toEqual({ name: "ada", scopes, expiresAt: NOW + HOUR_MS });
  });

  test("is believed by its public key, where only the issuer can sign", async () => {
    const { privateKey, publicKey } = await generateKeyPair("Ed25519");
    const claims = new SignJWT({ scopes: ["*/*:@read"] }).setSubject("ada");
    const token = await claims
      .setProtectedHeader({ alg: "EdDSA" })
      .setExpirationTime(NOW / 1_000 + 60)
      .sign(privateKey);
    const pem = await exportSPKI(publicKey);
    const checkToken = await check({ publicKey: pem });
    expect(await checkToken(token)).toMatchObject({ name: "ada", scopes: ["*/*:@read"] });
    // The public key is known to all: as a secret it must be worth nothing.
    const forged = await signToken(pem, { name: "mallory", expiresAt: NOW + HOUR_MS });
    await expect(checkToken(forged)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test.each([
    ["that is missing", async () => undefined],
    ["that is none", async () => "a.b.c"],
    ["that has ended", () => signToken(SECRET, { name: "ada", expiresAt: NOW - HOUR_MS })],
    ["of another key", () => signToken(`${SECRET}!`, { name: "ada", expiresAt: NOW + HOUR_MS })],
    [
      "without an end",
      () =>
        new SignJWT({ scopes: [] })
          .setProtectedHeader({ alg: "HS256" })
          .setSubject("ada")
          .sign(new TextEncoder().encode(SECRET)),
    ],
    [
      "that nobody signed",
      async () => {
        const part = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
        return `${part({ alg: "none" })}.${part({ sub: "ada", exp: NOW, scopes: ["*/*:*"] })}.`;
      },
    ],
    [
      "with a scope that cannot be read",
      () =>
        new SignJWT({ scopes: ["everything"] })
          .setProtectedHeader({ alg: "HS256" })
          .setSubject("ada")
          .setExpirationTime(NOW / 1_000 + 60)
          .sign(new TextEncoder().encode(SECRET)),
    ],
  ])("%s is refused", async (_, make) => {
    const checkToken = await check({ secret: SECRET });
    await expect(checkToken(await make())).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test.each([
    ["a short secret", { secret: "short" }],
    ["a public key that is none", { publicKey: "-----BEGIN PUBLIC KEY-----" }],
    ["two keys", { secret: SECRET, publicKey: "x" }],
  ])("%s is refused at the start", async (_, settings) => {
    await expect(createTokenCheck(settings, now)).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("scopes", () => {
  const ref = { class: "counter", id: "team:visits" };
  const increment = { kind: "call", method: "increment", isReadOnly: false } as const;
  const read = { kind: "call", method: "get", isReadOnly: true } as const;

  test.each([
    ["*/*:*", increment, true],
    ["counter/team:*:increment", increment, true],
    ["counter/team:visits:inc*", increment, true],
    ["counter/team:visits:@read", increment, false],
    ["counter/team:visits:@read", read, true],
    ["counter/team:visits:@read", { kind: "read" }, true],
    ["counter/team:visits:*", { kind: "replicate" }, true],
    ["counter/team:visits:initialize", { kind: "initialize" }, false],
    ["counter/other:*", increment, false],
    ["count/*:*", increment, false],
  ] as const)("%s and %o: %s", (scope, action, isAllowed) => {
    const ask = () => requireAllowed({ name: "ada", scopes: [scope] }, action, ref);
    if (isAllowed) expect(ask).not.toThrow();
    else expect(ask).toThrow("ada may not do this");
  });

  test("listing takes a scope for all of a class", () => {
    const list = (scopes: string[], name?: string) => () =>
      requireListing({ name: "ada", scopes }, name);
    expect(list(["counter/*:@read"], "counter")).not.toThrow();
    expect(list(["counter/*:@read"])).toThrow("*/*:@read");
    expect(list(["counter/a:*"], "counter")).toThrow("counter/*:@read");
    expect(list(["*/*:*"])).not.toThrow();
  });

  test("what is none is named", () => {
    expect(() => parseScope("counter")).toThrow('The scope "counter" cannot be read');
  });
});
