import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { LOCAL_PRINCIPAL } from "@trestle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { open } from "./_access.ts";

const toPart = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const HTTP_KEY = "a key that somebody chose";
const far = { remoteAddress: "192.0.2.7", isLoopback: false };
const read = { server: "database", tool: "query", hints: { readOnly: true } };
const write = { server: "database", tool: "insert", hints: { readOnly: false } };

describe("who calls", () => {
  test("on this machine anybody, until there is a key; from elsewhere nobody", async () => {
    const { access, present, createKey } = await open();
    expect(present()).toBe(LOCAL_PRINCIPAL);
    expect(present("some other program's key")).toBe(LOCAL_PRINCIPAL);
    expect(present(undefined, far)).toMatchObject({ refused: "missing" });
    expect(present("some other program's key", far)).toMatchObject({ refused: "invalid" });
    expect(access.needsKey()).toBe(false);
    const { text, principal } = await createKey(["database:*"]);
    expect(access.needsKey()).toBe(true);
    expect(present()).toMatchObject({ refused: "missing" });
    expect(present("some other program's key")).toMatchObject({ refused: "invalid" });
    expect(present(text)).toEqual(principal);
    expect(present(text, far)).toEqual(principal);
    expect(present(undefined, { ...far, apiKey: text })).toEqual(principal);
    expect(present("else", { apiKey: text })).toEqual(principal);
  });

  test("a revoked key is refused at once, and the door stays locked", async () => {
    const { access, present, createKey } = await open();
    const { text, id, principal } = await createKey();
    expect([present(text), present(text)]).toEqual([principal, principal]);
    await access.keys.revoke(id);
    expect(present(text)).toMatchObject({ refused: "invalid" });
    expect(present()).toMatchObject({ refused: "missing" });
  });

  test("a key that expires is refused from that moment on", async () => {
    const { clock, present, createKey } = await open();
    const { text } = await createKey(undefined, clock.now() + 1_000);
    expect(present(text)).toMatchObject({ kind: "key" });
    clock.advance(999);
    expect(present(text)).toMatchObject({ kind: "key" });
    clock.advance(1);
    expect(present(text)).toMatchObject({ refused: "invalid" });
  });

  test("whoever still listens for changes when the keys are closed hears nothing more", async () => {
    const { access, clock } = await open();
    let told = 0;
    const end = access.onChange(() => {
      told += 1;
    });
    await access.close();
    // Looking at keys that are closed would end the process.
    expect(() => clock.advance(120_000)).not.toThrow();
    expect(told).toBe(0);
    end();
  });

  test("the configured key counts as long as it is configured", async () => {
    const { access, present, configure } = await open({
      http: { key: HTTP_KEY },
      access: { keyScopes: ["database:*"] },
    });
    expect(present()).toMatchObject({ refused: "missing" });
    expect(present(HTTP_KEY)).toMatchObject({ kind: "key", scopes: ["database:*"] });
    expect(JSON.stringify(present(HTTP_KEY))).not.toContain(HTTP_KEY);
    configure({ http: { key: "another key altogether" } });
    expect(present(HTTP_KEY)).toMatchObject({ refused: "invalid" });
    expect(present("another key altogether")).toMatchObject({ kind: "key" });
    configure({ http: {} });
    expect([present(), access.needsKey()]).toEqual([LOCAL_PRINCIPAL, false]);
  });

  test("the admin credential is made for the home's owner only, and needs no key beside it", async () => {
    const { access, present, home, adminCredential } = await open();
    const admin = { id: "admin", kind: "admin" };
    expect(statSync(join(home, "admin.key")).mode & 0o777).toBe(0o600);
    expect([present(adminCredential()), present(adminCredential(), far)]).toEqual([admin, admin]);
    expect(access.asAdmin(adminCredential())).toEqual(admin);
    expect(access.isAdmin(access.asAdmin(adminCredential()))).toBe(true);
    expect(access.isAdmin(LOCAL_PRINCIPAL)).toBe(false);
    expect(() => access.asAdmin("wrong")).toThrow(expect.objectContaining({ code: "denied" }));
    // Meant as a credential of this bridge: it must not pass as somebody without one.
    expect(present(`${adminCredential().slice(0, -1)}~`)).toMatchObject({ refused: "invalid" });
  });

  test("who tries many keys is not looked at any more, for a minute and from that address", async () => {
    const { access, clock, present, createKey } = await open();
    const { text, principal } = await createKey();
    expect(present(text, far)).toEqual(principal);
    for (let n = 0; n < 20; n += 1) {
      expect(present(`guess ${n}`, far)).toMatchObject({ refused: "invalid" });
    }
    const limited = { refused: "limited", retryAfterMs: 60_000 };
    expect(present("guess", far)).toMatchObject(limited);
    const other = await createKey();
    expect(present(other.text, far)).toMatchObject(limited);
    expect(present(other.text)).toEqual(other.principal);
    clock.advance(60_000);
    expect(present(other.text, far)).toEqual(other.principal);
    for (let n = 0; n < 20; n += 1) present(`guess ${n}`, far);
    // Whoever is known there already goes on.
    expect(present(other.text, far)).toEqual(other.principal);
    for (let n = 0; n < 20; n += 1) expect(() => access.asAdmin(`guess ${n}`)).toThrow();
    expect(() => access.asAdmin("guess")).toThrow(expect.objectContaining({ code: "denied" }));
  });

  test("neighbours of one IPv6 network share a count", async () => {
    const { present, createKey } = await open();
    const { text } = await createKey();
    const from = (remoteAddress: string) => ({ remoteAddress, isLoopback: false });
    for (let n = 0; n < 20; n += 1) present("guess", from(`2001:db8:0:1::${n + 1}`));
    expect(present(text, from("2001:db8:0:1:ffff::1"))).toMatchObject({ refused: "limited" });
    expect(present(text, from("2001:db8:0:2::1"))).toMatchObject({ kind: "key" });
  });
});

describe("who may call what", () => {
  test("scopes bound their holder, and nothing bounds the administrator", async () => {
    const { access, adminCredential } = await open({
      http: {},
      access: {
        localScopes: ["database:*:read"],
        policies: [{ id: "p", statements: [{ effect: "deny", actions: ["*"], resources: ["*"] }] }],
      },
    });
    const admin = access.asAdmin(adminCredential());
    expect([access.allows(admin, read), access.allows(admin, write)]).toEqual([true, true]);
    expect(access.allows(LOCAL_PRINCIPAL, read)).toBe(false);
  });

  test("a local caller may do what is configured, by default everything", async () => {
    const { access, configure } = await open();
    expect(access.allows(LOCAL_PRINCIPAL, write)).toBe(true);
    configure({ http: {}, access: { localScopes: ["database:*:read"] } });
    expect([access.allows(LOCAL_PRINCIPAL, read), access.allows(LOCAL_PRINCIPAL, write)]).toEqual([
      true,
      false,
    ]);
  });

  test("policy documents allow and deny by tool, access and address; deny wins", async () => {
    const allow = { effect: "allow", actions: ["tool:call"], resources: ["database:*"] };
    const deny = {
      effect: "deny",
      actions: ["tool:*"],
      resources: ["*"],
      conditions: { attributes: { access: "write" } },
    };
    const near = { ...allow, conditions: { ip: ["192.0.2.0/24"] } };
    const { access, present, configure } = await open({
      http: { key: HTTP_KEY },
      access: { policies: [{ id: "p", statements: [allow, deny] }] },
    });
    const holder = (remoteAddress: string) => {
      const principal = present(HTTP_KEY, { ...far, remoteAddress });
      if ("refused" in principal) throw new Error(principal.message);
      return principal;
    };
    const caller = holder("192.0.2.7");
    expect([access.allows(caller, read), access.allows(caller, write)]).toEqual([true, false]);
    expect(access.allows(caller, { ...read, server: "tracker" })).toBe(false);
    configure({
      http: { key: HTTP_KEY },
      access: { policies: [{ id: "p", statements: [near] }] },
    });
    expect(access.allows(holder("192.0.2.7"), read)).toBe(true);
    expect(access.allows(holder("198.51.100.7"), read)).toBe(false);
  });

  test.each([
    [{ localScopes: ["database"] }, "database"],
    [{ policies: [{ id: "p", statements: [] }] }, "statements"],
  ])("wrong rules %j are refused at the start", async (rules, named) => {
    await expect(open({ http: {}, access: rules })).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringContaining(named),
    });
  });
});

test("rules that go wrong while the bridge runs leave the last good ones in force", async () => {
  const { access, configure } = await open({ http: {}, access: { localScopes: ["database:*"] } });
  configure({ http: {}, access: { localScopes: ["database"] } });
  expect(access.allows(LOCAL_PRINCIPAL, read)).toBe(true);
  expect(access.allows(LOCAL_PRINCIPAL, { ...read, server: "tracker" })).toBe(false);
  configure({ http: {} });
  expect(access.allows(LOCAL_PRINCIPAL, { ...read, server: "tracker" })).toBe(true);
});

describe("the audit log", () => {
  test("tells of refused calls and credentials, without the credentials", async () => {
    const { access, present, home, createKey, audited } = await open();
    const { text, id } = await createKey();
    await access.keys.revoke(id);
    present(text, far);
    present("a mistyped secret", far);
    expect(access.admits({ id: "key:x", kind: "key", scopes: [] }, write)).toBe(false);
    expect(access.admits(LOCAL_PRINCIPAL, write)).toBe(true);
    await access.audit.record({ event: "something", by: "admin" });
    expect(await audited()).toEqual([
      { event: "credential_refused", reason: `revoked key ${id}`, address: far.remoteAddress },
      { event: "credential_refused", reason: "unknown", address: far.remoteAddress },
      { event: "call_refused", principal: "key:x", server: "database", tool: "insert" },
      { event: "something", by: "admin" },
    ]);
    const folder = join(home, "bridge", "audit");
    expect(readFileSync(join(folder, "000000000001.jsonl"), "utf8")).not.toMatch(
      /mistyped|trestle_/,
    );
  });

  test("counts a flood of refusals instead of repeating them", async () => {
    const { access, clock, audited } = await open();
    const caller = (n: number) => ({ id: `key:${n}`, kind: "key", scopes: [] }) as const;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      for (let n = 0; n < 60; n += 1) access.admits(caller(n), write);
      access.admits(caller(0), write);
      clock.advance(60_000);
    }
    const entries = await audited();
    expect(entries.length).toBeLessThan(3_500);
    const told = entries.map(({ repeats }) => Number(repeats ?? 1));
    expect(told.reduce((sum, each) => sum + each, 0)).toBe(24 * 60 * 61);
    expect(entries).toContainEqual(expect.objectContaining({ event: "more_refused" }));
  });

  test("tells where the issuer of tokens would send the bridge", async () => {
    const issuer = createServer((_request, response) => {
      response.writeHead(302, { location: "https://169.254.169.254/latest" }).end();
    });
    await once(issuer.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void issuer.close());
    const { port } = issuer.address() as AddressInfo;
    const oauth = { issuer: `http://127.0.0.1:${port}` };
    const { access, present, audited } = await open({ http: {}, access: { oauth } });
    const bearer = `${toPart({ alg: "RS256", kid: "1" })}.${toPart({ iss: oauth.issuer })}.c2ln`;
    await access.prepare({ bearer, ...far });
    expect(present(bearer, far)).toMatchObject({ refused: "invalid" });
    const entries = await audited();
    expect(entries).toContainEqual({
      ...{ event: "address_refused", setting: "access.oauth" },
      host: "169.254.169.254",
    });
    expect(entries).toContainEqual(expect.objectContaining({ event: "credential_refused" }));
  });

  test("whose entries were changed keeps the bridge from starting, and says what to do", async () => {
    const { access, home, close } = await open();
    await access.audit.record({ event: "one" });
    await close();
    const folder = join(home, "bridge", "audit");
    const file = join(folder, "000000000001.jsonl");
    writeFileSync(file, readFileSync(file, "utf8").replace("one", "two"));
    await expect(open(undefined, { home })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("Move the folder away"),
    });
  });
});
