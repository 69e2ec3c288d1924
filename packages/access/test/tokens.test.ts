import { manualClock } from "@trestle/testkit/surroundings";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createTokenVerifier, type Fetch } from "../src/tokens/token-verifier.ts";

const ISSUER = "https://issuer.example/tenant";
const NOW = Date.parse("2026-01-01T00:00:00Z");

/** An issuer with one key, and what it was asked. `documents` stand in the place of what it publishes. */
async function startIssuer(documents: Record<string, unknown> = {}) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const published: Record<string, unknown> = {
    "https://issuer.example/.well-known/oauth-authorization-server/tenant": {
      issuer: ISSUER,
      jwks_uri: "https://issuer.example/keys",
    },
    "https://issuer.example/keys": { keys: [jwk] },
    ...documents,
  };
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    asked.push(String(url));
    const found = published[String(url)];
    if (found instanceof Error) throw found;
    return found === undefined ? new Response(null, { status: 404 }) : Response.json(found);
  };
  const sign = (claims: JWTPayload = {}, { key = privateKey, kid = "k1" } = {}) =>
    new SignJWT({
      iss: ISSUER,
      aud: "https://bridge.example",
      sub: "ann",
      exp: NOW / 1_000 + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(key);
  const parts = { issuer: ISSUER, audiences: ["https://bridge.example"], clock: manualClock(NOW) };
  return {
    asked,
    published,
    sign,
    verifier: createTokenVerifier({ ...parts, fetch }),
    parts,
    fetch,
  };
}

describe("a good token says", () => {
  test.each<[string, JWTPayload, readonly string[]]>([
    ["scopes as one text", { scope: "db:read  db:write" }, ["db:read", "db:write"]],
    ["scopes as a list, as some issuers write them", { scp: ["db:read", 7] }, ["db:read", "7"]],
    ["no scopes", {}, []],
  ])("%s", async (_what, claims, scopes) => {
    const { sign, verifier } = await startIssuer();
    expect(await verifier.verify(await sign(claims))).toEqual({
      issuer: ISSUER,
      subject: "ann",
      scopes,
      expiresAt: NOW + 600_000,
    });
  });
});

describe("a token is denied", () => {
  test.each<[string, JWTPayload, string]>([
    ["that has expired", { exp: NOW / 1_000 - 6 }, "it has expired"],
    ["that is for others", { aud: "https://other.example" }, 'its "aud" is not right'],
    ["of another issuer", { iss: "https://other.example" }, 'its "iss" is not right'],
    ["that names nobody", { sub: undefined as never }, 'its "sub" is not right'],
    ["that is not good yet", { nbf: NOW / 1_000 + 60 }, 'its "nbf" is not right'],
  ])("%s", async (_what, claims, message) => {
    const { sign, verifier } = await startIssuer();
    await expect(verifier.verify(await sign(claims))).rejects.toMatchObject({
      code: "denied",
      message,
      retryable: false,
    });
  });

  test("whose key is unknown, and may be otherwise in a moment", async () => {
    const { sign, verifier } = await startIssuer();
    await expect(verifier.verify(await sign({}, { kid: "new" } as never))).rejects.toMatchObject({
      code: "denied",
      message: "its key is not one of its issuer",
      retryable: true,
    });
  });

  test("that somebody else signed with a name of its key", async () => {
    const { sign, verifier } = await startIssuer();
    const { privateKey } = await generateKeyPair("ES256");
    await expect(verifier.verify(await sign({}, { key: privateKey, kid: "k1" }))).rejects.toThrow(
      "its signature or form is not right",
    );
  });

  test("that is made with a secret, or is none", async () => {
    const { verifier } = await startIssuer();
    const secret = await new SignJWT({ iss: ISSUER })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.alloc(32, 1));
    await expect(verifier.verify(secret)).rejects.toThrow("its algorithm is not taken");
    await expect(verifier.verify("none")).rejects.toThrow("its signature or form is not right");
  });
});

describe("the keys of an issuer", () => {
  test("are found by its metadata, once", async () => {
    const { asked, sign, verifier } = await startIssuer();
    await verifier.verify(await sign());
    await verifier.verify(await sign());
    expect(asked).toEqual([
      "https://issuer.example/.well-known/oauth-authorization-server/tenant",
      "https://issuer.example/keys",
    ]);
  });

  test("are found where OpenID Connect has them, too", async () => {
    const { published, sign, verifier } = await startIssuer();
    const [first = ""] = Object.keys(published);
    published["https://issuer.example/tenant/.well-known/openid-configuration"] = published[first];
    published[first] = { issuer: ISSUER };
    expect(await verifier.verify(await sign())).toMatchObject({ subject: "ann" });
  });

  test("are taken from where the operator said", async () => {
    const { asked, parts, fetch, sign } = await startIssuer();
    const verifier = createTokenVerifier({
      ...parts,
      fetch,
      jwksUri: "https://issuer.example/keys",
    });
    await verifier.verify(await sign());
    expect(asked).toEqual(["https://issuer.example/keys"]);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      "metadata of another",
      { issuer: "https://evil.example", jwks_uri: "x" },
      /not of this issuer/,
    ],
    ["metadata that are none", [] as never, /not of this issuer/],
    ["metadata without keys", { issuer: ISSUER }, /name no jwks_uri/],
  ])("cannot be told by %s", async (_what, metadata, problem) => {
    const place = "https://issuer.example/.well-known/oauth-authorization-server/tenant";
    const { sign, verifier } = await startIssuer({ [place]: metadata });
    await expect(verifier.verify(await sign())).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(problem),
    });
  });

  test.each<[string, unknown]>([
    ["is away", new Error("connect ECONNREFUSED")],
    ["says something else", { keys: "none" }],
  ])("leave it open while their place %s", async (_what, keys) => {
    const { published, sign, verifier } = await startIssuer();
    const good = published["https://issuer.example/keys"];
    published["https://issuer.example/keys"] = keys;
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: "unavailable" });
    published["https://issuer.example/keys"] = good;
    expect(await verifier.verify(await sign())).toMatchObject({ subject: "ann" });
  });

  test("are asked for again after the metadata could not be read", async () => {
    const { published, sign, verifier } = await startIssuer();
    const [place = ""] = Object.keys(published);
    const good = published[place];
    published[place] = new Error("away");
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: "unavailable" });
    published[place] = good;
    expect(await verifier.verify(await sign())).toMatchObject({ subject: "ann" });
  });
});
