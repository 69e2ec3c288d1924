import { expect, test } from "vitest";
import { SHOWN } from "./import/redact.ts";
import { withKeptSecrets } from "./kept-secrets.ts";

const now = {
  command: "server",
  args: ["--token", "a-secret"],
  env: { TOKEN: "another", PIN: 1234 },
};

test("what is masked stays what it is, beside what is changed", () => {
  const edited = {
    ...{ command: "server", args: ["--token", SHOWN], concurrency: 3 },
    env: { TOKEN: SHOWN, PIN: SHOWN, MORE: "more" },
  };
  expect(withKeptSecrets(edited, now)).toEqual({
    ...{ ...now, concurrency: 3 },
    env: { ...now.env, MORE: "more" },
  });
});

test("a mask at another place than it was shown at stays a mask", () => {
  const moved = { args: ["--verbose", "--token", SHOWN], env: { OTHER: SHOWN }, url: SHOWN };
  expect(withKeptSecrets(moved, now)).toEqual(moved);
  expect(withKeptSecrets(moved, undefined)).toEqual(moved);
  expect(withKeptSecrets({ command: { toString: SHOWN } }, { command: {} })).toEqual({
    command: { toString: SHOWN },
  });
});
