import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listNames, serveStdio } from "./_peer.ts";
import { createPlace, type Place, run, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry, serversOf } from "./_upstreams.ts";

/** A command that prints the canary, counts its runs, and complains with it. */
function keyring(place: Place, value: string, exitCode = 0): string[] {
  const script = join(place.root, "keyring.mjs");
  writeFileSync(
    script,
    `import { appendFileSync } from "node:fs";
const [value, code] = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(place.root, "asked"))}, "x");
process.stderr.write("looking up\\nthe keyring is locked\\n");
process.stdout.write(value + "\\n");
process.exitCode = Number(code);
`,
  );
  return [process.execPath, script, value, String(exitCode)];
}

const CANARIES = {
  file: "canary-of-the-file-1",
  command: "canary-of-the-command-2",
  quoted: "canary-of-the-quoted-3",
  url: "canary-of-the-address-4",
  variable: "canary-of-the-variable-5",
  half: "canary-that-was-half-printed-6",
};

/** Every file below a folder whose bytes hold the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test("secrets reach their server, and no log, status, message or row", {
  timeout: 60_000,
}, async () => {
  const place = createPlace();
  writeFileSync(join(place.root, "token"), `${CANARIES.file}\n`, { mode: 0o600 });
  const [program = "", ...words] = keyring(place, CANARIES.quoted);
  const quoted = `\${command:"${program}" ${words.map((word) => `'${word}'`).join(" ")}}`;
  const good = entry(place, "good");
  place.configure({
    mcpServers: {
      good: { ...good, env: { CANARY: "${file:token}" } },
      // Its own last words are what it was given.
      file: { ...entry(place, "file", "--exit=3"), env: { CANARY: "${file:token}" } },
      command: {
        ...entry(place, "command", "--exit=3"),
        env: { CANARY: { command: keyring(place, CANARIES.command) } },
      },
      quoted: { ...entry(place, "quoted", "--exit=3"), env: { CANARY: quoted } },
      variable: { ...entry(place, "variable", "--exit=3"), env: { CANARY: "${env:MY_VALUE}" } },
      address: { url: `http://127.0.0.1:1/${CANARIES.url}/?key=\${env:MY_TOKEN}` },
      nowhere: { command: "/no-such/${env:MY_TOKEN}" },
      locked: {
        ...entry(place, "locked"),
        env: { KEY: { command: keyring(place, CANARIES.half, 4) } },
      },
      lost: { ...entry(place, "lost"), env: { KEY: "${command:no-such-keyring lookup x}" } },
    },
  });
  writeFileSync(
    join(place.root, ".env"),
    `MY_TOKEN=${CANARIES.url}\nMY_VALUE=${CANARIES.variable}\nDEBUG=trestle:*\n`,
  );
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("good__echo");
  await peer.call("good__write", { key: "a" });
  // One server's broken secret is no other's.
  const status = async (): Promise<string> => (await run(place, ["status"])).stdout;
  await until(
    "every bad one has failed",
    async () => (await status()).split("FAILED").length === 9,
  );
  const shown = await status();
  expect(shown).toMatch(/file .*hello, its key is \[redacted\]/);
  expect(shown).toMatch(/command .*hello, its key is \[redacted\]/);
  expect(shown).toMatch(/nowhere .*no command ".*\[redacted\]"/);
  expect(shown).toMatch(/quoted .*hello, its key is \[redacted\]/);
  expect(shown).toMatch(
    /locked .*env\.KEY: the command .* failed with exit code 4 \(the keyring is locked\)/,
  );
  expect(shown).toMatch(/lost .*env\.KEY: the command no-such-keyring was not found/);
  const json = (await run(place, ["status", "--json"])).stdout;
  for (const canary of Object.values(CANARIES)) {
    expect([canary, shown.includes(canary), json.includes(canary)]).toEqual([canary, false, false]);
    expect(filesWith(place.home, canary)).toEqual([]);
  }
  // The good server was given the real one.
  const [pid] = serversOf(place, "good");
  expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toContain(`CANARY=${CANARIES.file}`);
});

test("a command is asked only when its server is needed", async () => {
  const place = createPlace();
  const env = { KEY: { command: keyring(place, CANARIES.command) } };
  place.configure({ mcpServers: { one: { ...entry(place, "one"), env } } });
  expect((await run(place, ["config", "check"])).code).toBe(0);
  expect((await run(place, ["status"])).code).toBe(69);
  expect(textOf(join(place.root, "asked"))).toBe("");
  const called = await run(place, ["call", "one.echo", '{"text": "hello"}']);
  expect(called.stdout).toContain("hello");
  expect(textOf(join(place.root, "asked"))).toBe("x");
});
