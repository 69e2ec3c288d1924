import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { effectiveKeys } from "./effective.ts";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-login-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const issuer = "https://login.example";

function load(login: object, env: NodeJS.Dict<string> = {}) {
  const access = { oauth: { issuer, login } };
  writeFileSync(join(folder, "trestle.json"), JSON.stringify({ access, mcpServers: {} }, null, 2));
  return loadConfig({ cwd: folder, env: { HOME: folder, ...env } });
}

test("the client that people log in as may be referred to, and its secret is told to nobody", () => {
  const file = join(folder, "secret");
  writeFileSync(file, "hunter2 of a client\n", { mode: 0o600 });
  const login = { clientId: "${CLIENT}", clientSecret: "${file:secret}", scopes: ["reader"] };
  const config = load(login, { CLIENT: "trestle" });
  expect(config.access.oauth).toEqual({
    ...{ issuer },
    login: { clientId: "trestle", clientSecret: "hunter2 of a client", scopes: ["reader"] },
  });
  expect(config.files).toContain(file);
  expect(config.secrets.redact("it is hunter2 of a client")).not.toContain("hunter2");
  const shown = effectiveKeys(config).filter(({ key }) => key.startsWith("access.oauth.login."));
  expect(shown.map(({ value }) => value)).toEqual(["${CLIENT}", "${file:secret}", ["reader"]]);
});

test("a secret that stands in the file is masked where the configuration is shown", () => {
  const keys = effectiveKeys(load({ clientId: "trestle", clientSecret: "hunter2" }));
  const { value } = keys.find(({ key }) => key === "access.oauth.login.clientSecret") ?? {};
  expect(value).not.toContain("hunter2");
});

test.each([
  [{}, /clientId/],
  [{ clientId: "" }, /access\.oauth\.login\.clientId: must not be empty/],
  [{ clientId: "a", clientSecret: "${NO_SUCH}" }, /clientSecret: \$\{NO_SUCH\} is not set/],
  [{ clientId: "a", scopes: ["one two"] }, /must be one scope/],
])("what cannot work is refused by its key: %j", (login, message) => {
  expect(() => load(login)).toThrow(message);
});
