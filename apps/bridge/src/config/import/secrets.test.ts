import { expect, test } from "vitest";
import { parseDocument } from "../document.ts";
import { redact } from "./redact.ts";
import { hiddenValues, literalSecrets } from "./secrets.ts";

/** Every one of these must never be seen. */
const ENTRY = {
  command: "docker",
  args: [
    ...["run", "-e", "GITHUB_TOKEN=ghp_in_a_pair", "--api-key", "key-behind-a-flag"],
    ...["--token=token-in-a-flag", "--header", "Authorization: Bearer bearer-in-a-word"],
    ...["postgres://me:word-in-a-url@localhost/db", "--port", "3000"],
  ],
  env: { PIN: "12", OPENAI_KEY: 'quote"and\\slash', HOME_DIR: "/people/me", KEPT: "${KEPT}" },
  headers: { Authorization: "Bearer ${TOKEN}", "X-Trace": "header-value" },
  url: "https://example.com/mcp?api_key=key-in-a-query",
};
const SECRETS = [
  ...["ghp_in_a_pair", "key-behind-a-flag", "token-in-a-flag", "bearer-in-a-word"],
  ...["word-in-a-url", "quote", '"12"', "/people/me", "header-value", "key-in-a-query"],
];

test("no value that was handed over to be kept is shown; references and all else are", () => {
  const text = JSON.stringify({ mcpServers: { x: ENTRY }, oauth: { accessToken: "t0" } }, null, 2);
  const shown = redact(text, "json", hiddenValues(JSON.parse(text)));
  for (const secret of [...SECRETS, "t0"]) expect(shown).not.toContain(secret);
  for (const word of ["docker", "run", "--api-key", "3000", "${KEPT}", "Bearer ${TOKEN}", "PIN"]) {
    expect(shown).toContain(word);
  }
});

test("a value is blotted out however it is escaped, and in comments", () => {
  const text = `{
    // was: "sk-secret-1"
    "env": { "A": "sk-\\u0073ecret-1", "B": "a\\/b" }, "theme": "sk-secret-1"
  }`;
  const hidden = hiddenValues(parseDocument(text, "x").value);
  expect(hidden).toEqual(new Set(["sk-secret-1", "a/b"]));
  expect(redact(text, "json", hidden)).toBe(`{
    // was: "••••••"
    "env": { "A": "••••••", "B": "••••••" }, "theme": "••••••"
  }`);
});

test("in TOML, too, in each way that a text can be written", () => {
  const text = [
    'env = { A = "sec\\u0072et-a", B = \'secret-b\', N = 1234 } # secret-a, "secret-b"',
    'C = """\nsecret-c"""',
    "D = '''secret-d'''",
    'plain = "word"',
    "1234 = 12345",
  ].join("\n");
  const hidden = new Set(["secret-a", "secret-b", "secret-c", "secret-d", "1234"]);
  expect(redact(text, "toml", hidden)).toBe(
    [
      'env = { A = "••••••", B = "••••••", N = "••••••" } # ••••••, "••••••"',
      'C = "••••••"',
      'D = "••••••"',
      'plain = "word"',
      '"••••••" = 12345',
    ].join("\n"),
  );
});

test("what is a secret by its name or its looks is told by its key, never by its value", () => {
  const found = literalSecrets("my-server", ENTRY);
  expect(found).toEqual([
    { key: "env.OPENAI_KEY", variable: "OPENAI_KEY" },
    { key: "args.2", variable: "GITHUB_TOKEN" },
    { key: "args.4", variable: "MY_SERVER_API_KEY" },
    { key: "args.5", variable: "MY_SERVER_TOKEN" },
    { key: "args.7", variable: "MY_SERVER_AUTHORIZATION" },
    { key: "args.8", variable: "MY_SERVER_SECRET" },
    { key: "url", variable: "MY_SERVER_SECRET" },
  ]);
});

test("references are no secrets", () => {
  const entry = {
    command: "x",
    args: ["--token", "${TOKEN}", "--key=${KEY}", "API_KEY=${KEY}"],
    env: { TOKEN: "${TOKEN}", OTHER: "${env:OTHER}" },
    headers: { Authorization: "Bearer ${TOKEN}" },
  };
  expect(literalSecrets("x", entry)).toEqual([]);
  expect(hiddenValues(entry)).toEqual(new Set());
});
