import { join } from "node:path";
import { openKeyring } from "@trestle/access";
import { LOCAL_PRINCIPAL } from "@trestle/protocol";
import { expect, test } from "vitest";
import { open } from "./_access.ts";

const HTTP_KEY = "a key that somebody chose";
const denied = (message: string) =>
  expect.objectContaining({ code: "denied", message: expect.stringContaining(message) });

test("a grant gives what both its giver and the request cover", async () => {
  const { access, createKey } = await open();
  const { principal } = await createKey(["database:*", "tracker:*:read"]);
  const grant = access.grants.seal("orchestrator", principal, ["*:q*", "objects:*"]);
  expect(grant).toMatchObject({ scopes: ["database:q*", "tracker:q*:read"] });
  expect(access.grants.open("orchestrator", grant)).toEqual({
    id: principal.id,
    kind: "key",
    scopes: ["database:q*", "tracker:q*:read"],
  });
  expect(() => access.grants.seal("orchestrator", principal, ["objects:*"])).toThrow(
    denied("may only use database:*, tracker:*:read"),
  );
  expect(() => access.grants.seal("orchestrator", principal, ["objects"])).toThrow(
    expect.objectContaining({ code: "invalid_input" }),
  );
});

test("what a grant gives can be handed on, and only narrows", async () => {
  const { access } = await open();
  const first = access.grants.seal("orchestrator", LOCAL_PRINCIPAL, ["database:*:read"]);
  const holder = access.grants.open("orchestrator", first);
  const second = access.grants.seal("objects", holder, ["*:*"]);
  expect(access.grants.open("objects", second).scopes).toEqual(["database:*:read"]);
});

test("a grant opens unchanged, and for the server it was made for", async () => {
  const { access, audited } = await open();
  const grant = access.grants.seal("orchestrator", LOCAL_PRINCIPAL, ["database:*"]);
  const stored = JSON.parse(JSON.stringify(grant));
  expect(access.grants.open("orchestrator", stored).scopes).toEqual(["database:*"]);
  for (const changed of [
    { ...grant, scopes: ["*:*"] },
    { ...grant, principal: { id: "admin", kind: "admin" as const } },
    { ...grant, token: `${grant.token.slice(0, -4)}AAAA` },
    { ...grant, token: "" },
  ]) {
    expect(() => access.grants.open("orchestrator", changed)).toThrow(denied(""));
  }
  expect(() => access.grants.open("objects", grant)).toThrow(denied("not valid here"));
  const entries = await audited();
  for (const server of ["orchestrator", "objects"]) {
    expect(entries).toContainEqual({
      ...{ event: "credential_refused", server },
      reason: expect.stringMatching(/^grant: /),
    });
  }
});

test("a grant ends with its key", async () => {
  const { access, clock, createKey } = await open();
  const revoked = await createKey();
  const expiring = await createKey(undefined, clock.now() + 1_000);
  const [first, second] = [revoked, expiring].map(({ principal }) =>
    access.grants.seal("s", principal, ["database:*"]),
  );
  if (!first || !second) throw new Error("no grants");
  expect(access.grants.open("s", first).id).toBe(revoked.principal.id);
  await access.keys.revoke(revoked.id);
  clock.advance(1_000);
  expect(() => access.grants.open("s", first)).toThrow(denied(`${revoked.id} that this was begun`));
  expect(() => access.grants.open("s", second)).toThrow(denied("has expired"));
});

test("a grant of the configured key ends when another is configured, and shrinks with its scopes", async () => {
  const { access, configure, present } = await open({ http: { key: HTTP_KEY } });
  const principal = present(HTTP_KEY);
  if ("refused" in principal) throw new Error(principal.message);
  const grant = access.grants.seal("s", principal, ["database:*"]);
  configure({ http: { key: HTTP_KEY }, access: { keyScopes: ["*:*:read"] } });
  expect(access.grants.open("s", grant).scopes).toEqual(["database:*:read"]);
  configure({ http: { key: "another key altogether" } });
  expect(() => access.grants.open("s", grant)).toThrow(denied("not valid here any more"));
});

test("work that an administrator left behind cannot administer", async () => {
  const { access, adminCredential } = await open();
  const admin = access.asAdmin(adminCredential());
  const grant = access.grants.seal("s", admin, ["*:*"]);
  const holder = access.grants.open("s", grant);
  expect([holder.id, access.isAdmin(holder)]).toEqual(["admin", false]);
  const target = { server: "database", tool: "insert", hints: { readOnly: false } };
  expect(access.allows(holder, target)).toBe(true);
});

test("a grant outlives a restart and a new sealing key, and not the loss of its own", async () => {
  const first = await open();
  const grant = first.access.grants.seal("s", LOCAL_PRINCIPAL, ["database:*"]);
  await first.close();
  openKeyring({ folder: join(first.home, "bridge", "keys") }).rotate();
  const second = await open(undefined, { home: first.home });
  expect(second.access.grants.open("s", grant).id).toBe("local");
  const newer = second.access.grants.seal("s", LOCAL_PRINCIPAL, ["database:*"]);
  expect(newer.token.split(".")[1]).not.toBe(grant.token.split(".")[1]);
  const elsewhere = await open();
  expect(() => elsewhere.access.grants.open("s", grant)).toThrow(denied("not valid here"));
});

test("bridges with one MCP_ENCRYPTION_KEY open each other's grants", async () => {
  const encryptionKey = "one key for all that share it";
  const [one, other] = [
    await open(undefined, { encryptionKey }),
    await open(undefined, { encryptionKey }),
  ];
  const grant = one.access.grants.seal("s", LOCAL_PRINCIPAL, ["database:*"]);
  expect(other.access.grants.open("s", grant).scopes).toEqual(["database:*"]);
});
